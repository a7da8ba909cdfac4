"""Static files whose address changes with their content, so that a browser may keep them for long."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedStaticFilesStorage


class VersionedFiles(CompressedStaticFilesStorage):
    """Adds ?v= and a hash to each address; needs no collectstatic, which would only compress the files."""

    def url(self, name: str | None) -> str:
        address = super().url(name)
        version = _version(name or "")
        return f"{address}?v={version}" if version else address


@cache
def _version(name: str) -> str:
    path = finders.find(name)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8] if path else ""

"""The secrets of an installation that was given none."""

import contextlib
import secrets
from pathlib import Path


def kept_key(path: Path) -> str:
    """Return the key that is kept in this file, made at the first start; only we can read it."""
    if not path.exists():
        draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        # Several processes may start at once: the first to link wins, and all read the same.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()

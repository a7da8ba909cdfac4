"""The one way in which a source speaks to the network."""

from __future__ import annotations

import httpx
import stamina

from papers.sources.base import SourceError

LARGEST_BODY = 64 * 1024 * 1024


class Fetcher:
    """A client with limits; close it after use."""

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=httpx.Timeout(20, connect=5), follow_redirects=True, trust_env=False)

    def get(self, url: str, *, accept: str = "*/*") -> bytes | None:
        """Return the body behind `url`; every failure is a `SourceError` in plain words."""
        try:
            for attempt in stamina.retry_context(on=httpx.TransportError, attempts=2, wait_initial=0.5):
                with attempt:
                    answer = self._client.get(url, headers={"Accept": accept})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise SourceError(f"{url} could not be fetched: {error}") from error
        return answer.content

    def close(self) -> None:
        self._client.close()

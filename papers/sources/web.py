"""The one way in which a source speaks to the network: politely, with limits, and never into a private network."""

from __future__ import annotations

import ipaddress
import socket
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import httpx
import stamina

from papers.sources.base import SourceError
from papers.sources.wire import Late, Wire

LARGEST_BODY = 32 * 1024 * 1024
# Seconds in which one question is answered, redirects and tries again included; a turn at arXiv is lent for longer.
LONGEST_ANSWER = 60.0
REDIRECTS = 5
# A host that asks for a longer pause is asked again by the next run, not by this one.
LONGEST_PAUSE = 20.0
REMEMBERED = 50
_AGAIN = frozenset({429, 500, 502, 503, 504})
_MISSING, _CLOSED = ": look whether the address is right", ": it lets no program in, or not this one"
_ADVICE = {401: _CLOSED, 403: _CLOSED, 404: _MISSING, 410: _MISSING}
# Each try is in the log of httpx; stamina's own line names neither host nor reason.
stamina.instrumentation.set_on_retry_hooks(())


class Refused(SourceError):
    """The host will not answer now; `pause` says after how many seconds it wants to be asked again."""

    def __init__(self, message: str, host: str, pause: float) -> None:
        super().__init__(message)
        self.host, self.pause = host, pause


class _Again(Exception):
    """An answer that may be better at the next try."""

    def __init__(self, status: int, pause: float | None) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.pause = status, pause


_OPEN_IPV6 = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the open internet: no private, local, reserved or translated network.

    The standard library calls more of IPv6 global than is: site-local addresses, and others that carry one of IPv4.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        # 64:ff9b::/96 carries an IPv4 address in its last 32 bits.
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _OPEN_IPV6:
            return False
    return ip.is_global and not ip.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"{host} is not to be found: {error}. Is this machine online?") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """Where a request may go. `hosts` are an operator's own, such as a mirror in the house; they may be private."""

    hosts: frozenset[str] = frozenset()
    resolve: Callable[[str, int], list[str]] = resolve

    def address_of(self, url: str) -> str:
        """Return the one IP address that a request to `url` must use; every address of the host has to be allowed."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        except ValueError:
            raise SourceError(f"{url[:200]} is no address.") from None
        if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
            raise SourceError(
                f"{url[:200]} is no address that can be fetched: only http and https, without a password."
            )
        is_ours = host in self.hosts
        if port not in {80, 443} and not is_ours:
            raise SourceError(f"{host}:{port} was not asked: only the usual ports of the web are.")
        addresses = self.resolve(host, port)
        if not addresses or not (is_ours or all(map(is_public, addresses))):
            raise SourceError(f"{host} was not asked: it is in a private network.")
        return addresses[0]


class _Pinned(httpx.BaseTransport):
    """Connects to the address that was checked; a second look-up could answer otherwise."""

    def __init__(self, guard: Guard, wire: Wire) -> None:
        self._guard = guard
        # No connection is kept: another host at the same address would be spoken to under the wrong name.
        self._inner = httpx.HTTPTransport(limits=httpx.Limits(max_connections=4, max_keepalive_connections=0))
        # httpcore takes a network of one's own, httpx has no word for it.
        self._inner._pool._network_backend = wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        address = self._guard.address_of(str(request.url))
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": request.url.host},
        )
        return self._inner.handle_request(pinned)

    def close(self) -> None:
        self._inner.close()


@dataclass(slots=True)
class Fetcher:
    """A client for one run. `memory` keeps what conditional requests need; `turn` waits until a host may be asked."""

    user_agent: str
    memory: dict[str, dict[str, str]] = field(default_factory=dict)
    turn: Callable[[str], AbstractContextManager[None]] = lambda host: nullcontext()
    guard: Guard = field(default_factory=Guard)
    attempts: int = 3
    _client: httpx.Client = field(init=False)
    _wire: Wire = field(init=False, default_factory=Wire)

    def __post_init__(self) -> None:
        self._client = httpx.Client(
            transport=_Pinned(self.guard, self._wire),
            timeout=httpx.Timeout(20, connect=5),
            headers={"User-Agent": self.user_agent, "Accept-Encoding": "gzip"},
            trust_env=False,
        )

    def get(self, url: str, *, accept: str = "*/*") -> bytes | None:
        """Return the body behind `url`, `None` when it is that of last time; a failure is a `SourceError` in words."""
        self._wire.allow(LONGEST_ANSWER)
        try:
            for attempt in stamina.retry_context(
                on=_pause_before, attempts=self.attempts, timeout=LONGEST_ANSWER, wait_max=10
            ):
                with attempt:
                    return self._follow(url, accept)
        except _Again as answer:
            host = urlsplit(url).hostname or ""
            pause = answer.pause or 0
            wish = f" and wants to be left alone for {_in_words(pause)}" if pause else ""
            raise Refused(f"{host} does not answer now ({answer}){wish}.", host, pause) from None
        except Late:
            raise SourceError(f"{urlsplit(url).hostname} took longer than {LONGEST_ANSWER:.0f} s; given up.") from None
        except (httpx.InvalidURL, ValueError):
            raise SourceError(f"{url[:200]} is no address.") from None
        except httpx.HTTPError as error:
            raise SourceError(
                f"{urlsplit(url).hostname} could not be reached: {str(error).rstrip('.') or type(error).__name__}."
            ) from None
        raise AssertionError("a retry ends in an answer or an error")

    def close(self) -> None:
        self._client.close()

    def _follow(self, url: str, accept: str) -> bytes | None:
        where = url
        for _ in range(REDIRECTS + 1):
            with self.turn(urlsplit(where).hostname or ""):
                answer, body = self._ask(where, accept, self.memory.get(url, {}))
            if answer.has_redirect_location:
                onward = urljoin(where, answer.headers["Location"])
                if where.startswith("https:") and not onward.startswith("https:"):
                    raise SourceError(f"{urlsplit(url).hostname} leads from https to an open connection; not followed.")
                where = onward
                continue
            return self._judge(url, answer, body)
        raise SourceError(f"{urlsplit(url).hostname} leads in circles: more than {REDIRECTS} redirects.")

    def _ask(self, url: str, accept: str, known: dict[str, str]) -> tuple[httpx.Response, bytes]:
        with self._wire.speaking(), self._client.stream("GET", url, headers={"Accept": accept, **known}) as answer:
            return answer, b"" if answer.has_redirect_location else _read(answer)

    def _judge(self, url: str, answer: httpx.Response, body: bytes) -> bytes | None:
        if answer.status_code == 304:
            return None
        if answer.status_code in _AGAIN:
            raise _Again(answer.status_code, _asked_pause(answer.headers))
        # arXiv tells errors as feeds with status 400: whoever asked can read what is wrong.
        if answer.is_error and not (answer.status_code == 400 and b"<feed" in body[:2000]):
            advice = _ADVICE.get(answer.status_code, "")
            raise SourceError(
                f"{urlsplit(url).hostname} answered {answer.status_code} {answer.reason_phrase} to {url}{advice}."
            )
        self._remember(url, answer)
        return body

    def _remember(self, url: str, answer: httpx.Response) -> None:
        names = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
        if known := {asked: answer.headers[told] for told, asked in names if told in answer.headers}:
            self.memory[url] = known
        while len(self.memory) > REMEMBERED:
            del self.memory[next(iter(self.memory))]


def _read(answer: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in _unpacked(answer):
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise SourceError(
                f"{answer.request.url.host} sends more than {LARGEST_BODY >> 20} MB; no answer is so long."
            )
    return b"".join(parts)


def _unpacked(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the body, unpacked when it is packed once and as we asked for it.

    httpx would unpack gzip within gzip within gzip, each wholly in memory: 64 kB become 64 GB before we see the first.
    """
    packings = [each.strip().lower() for each in answer.headers.get("Content-Encoding", "").split(",")]
    packings = [each for each in packings if each not in {"", "identity"}]
    if not packings:
        yield from answer.iter_raw()
        return
    if packings not in (["gzip"], ["x-gzip"]):
        raise SourceError(f"{answer.request.url.host} packs its answer in a way that was not asked for.")
    packed = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for part in answer.iter_raw():
            yield packed.decompress(part, LARGEST_BODY + 1)
    except zlib.error as error:
        raise SourceError(f"{answer.request.url.host} sent a damaged answer: {error}.") from None


def _pause_before(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after which pause when the host named one."""
    if isinstance(error, _Again):
        return (error.pause if error.pause is not None else True) if (error.pause or 0) <= LONGEST_PAUSE else False
    return isinstance(error, httpx.TransportError)


def _in_words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _asked_pause(headers: httpx.Headers) -> float | None:
    """Return the seconds that a host wants to be left alone, told as a number or as a moment by its own clock."""
    written = headers.get("Retry-After", "").strip()
    if written.isdecimal():
        return float(written)
    try:
        rest = parsedate_to_datetime(written) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):  # a moment without a zone cannot be compared with one that has one
        return None
    return max(rest.total_seconds(), 0.0)


def allowed(hosts: Iterable[str]) -> Guard:
    """Return the guard that also lets through an operator's own hosts."""
    return Guard(frozenset(hosts))

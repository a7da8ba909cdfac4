"""The captured mailbox of `make run`: a real SMTP server on loopback, and pages to read what it took.

Letters are kept as `<var>/mail/<nanoseconds>.eml`, exactly as they came over the wire.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import time
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import django
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.template import Context, Engine

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "mailbox"
NAME = re.compile(r"\d{10,25}")
SHOWN = 200
# The letter's own HTML runs no script, and its links open a page of their own.
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http: https: data:; "
    "style-src 'unsafe-inline'"
)


@dataclass(frozen=True, slots=True)
class Captured:
    """One letter as the pages show it."""

    name: str
    message: EmailMessage
    size: int

    @property
    def at(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(self.name) / 1e9, dt.UTC)

    @property
    def subject(self) -> str:
        return str(self.message["subject"] or "(no subject)")

    @property
    def sender(self) -> str:
        return str(self.message["from"] or "")

    @property
    def to(self) -> str:
        return str(self.message["to"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def text(self) -> str:
        return self._body("plain")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


class Mailbox:
    """A folder of letters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, content: bytes) -> None:
        """Store one letter under the time it came."""
        (self._folder / f"{time.time_ns()}.eml").write_bytes(content)

    def names(self) -> list[str]:
        """Return the names of all letters, newest first."""
        return sorted((path.stem for path in self._folder.glob("*.eml") if NAME.fullmatch(path.stem)), reverse=True)

    def read(self, name: str) -> Captured | None:
        """Return a letter, or None when there is none of that name."""
        path = self._folder / f"{name}.eml"
        if not NAME.fullmatch(name) or not path.is_file():
            return None
        content = path.read_bytes()
        message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(content)
        return Captured(name, message, len(content))


class Keeper:
    """What the SMTP server does with a letter."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._mailbox.keep(envelope.original_content or b"")
        return "250 2.0.0 Kept"


class Pages(BaseHTTPRequestHandler):
    """`/` lists, `/letters/<name>/` shows one, `/letters/<name>/{html,source}` are its parts."""

    mailbox: Mailbox
    engine = Engine(dirs=[str(TEMPLATES)])

    def do_GET(self) -> None:
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in {"127.0.0.1", "localhost"}:
            self._answer(421, "text/plain", b"This mailbox speaks to this machine only.")
        elif self.path.split("?")[0] == "/":
            self._page("list.html", {"letters": self._letters(), "count": len(self.mailbox.names())})
        elif found := re.fullmatch(r"/letters/(\d+)/(html|source)?", self.path):
            self._letter(found[1], found[2])
        else:
            self._page("missing.html", {}, status=404)

    def _letters(self) -> list[Captured]:
        return [letter for name in self.mailbox.names()[:SHOWN] if (letter := self.mailbox.read(name))]

    def _letter(self, name: str, part: str | None) -> None:
        letter = self.mailbox.read(name)
        if letter is None:
            self._page("missing.html", {}, status=404)
        elif part == "html":
            self._answer(200, "text/html", b'<base target="_blank">' + letter.html.encode(), policy=LETTER_POLICY)
        elif part == "source":
            self._answer(200, "text/plain", letter.message.as_bytes())
        else:
            self._page("letter.html", {"letter": letter})

    def _page(self, template: str, context: dict[str, object], *, status: int = 200) -> None:
        site = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
        page = self.engine.get_template(template).render(Context({**context, "site": site}))
        self._answer(status, "text/html", page.encode())

    def _answer(self, status: int, kind: str, body: bytes, *, policy: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: addresses of letters stay out of the logs."""


def serve(mailbox: Mailbox, *, smtp_port: int, page_port: int) -> None:
    """Take letters and show them until the process ends."""
    # 7 bit only: what leaves us must survive the oldest relay.
    controller = Controller(Keeper(mailbox), hostname="127.0.0.1", port=smtp_port, enable_SMTPUTF8=False)
    controller.start()
    Pages.mailbox = mailbox
    ThreadingHTTPServer(("127.0.0.1", page_port), Pages).serve_forever()


if __name__ == "__main__":
    django.setup()  # the template filters for dates ask for the languages of the installed apps
    var_dir = Path(os.environ.get("VAR_DIR", "var"))
    serve(Mailbox(var_dir / "mail"), smtp_port=int(sys.argv[1]), page_port=int(sys.argv[2]))

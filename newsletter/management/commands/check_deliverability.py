"""Say what the DNS must hold so that letters arrive, and what of it is missing."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.resolver
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mail.deliverability import Record, Sender, Unreachable, records

_SECONDS = 4


class Command(BaseCommand):
    help = "Look up SPF, DKIM, DMARC, MX, PTR and BIMI of the sending domain and say what to publish."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("domain", nargs="?", default="", help="default: MAIL_DOMAIN")
        parser.add_argument("--host", default="", help="the mail server that sends; default: the host of EMAIL_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        domain = options["domain"] or settings.MAIL_DOMAIN
        selector = settings.DKIM_SELECTOR if settings.DKIM_KEY_FILE else ""
        found = list(records(Sender(domain, options["host"] or settings.EMAIL_HOST, selector), _lookup))
        for record in found:
            self.stdout.write(_line(record))
        if settings.DIGEST_ADDRESS == settings.ACCOUNT_ADDRESS:
            self.stdout.write("Digests and account letters have one sender: give them two, as Gmail asks.")
        unknown = sum(record.state == "unknown" for record in found)
        if unknown:
            self.stdout.write(f"{unknown} could not be looked up from here; the advice stands.")
        bad = [record.what for record in found if record.is_required and record.state in ("missing", "wrong")]
        if bad:
            raise CommandError(f"Large providers refuse or hide letters until these are right: {', '.join(bad)}.")


def _line(record: Record) -> str:
    optional = "" if record.is_required else " (optional)"
    advice = f"\n      {record.advice}" if record.advice else ""
    return f"{record.what:<6}{record.state:<9}{record.name}{optional}{advice}"


def _lookup(name: str, kind: str) -> list[str]:
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise Unreachable(str(error)) from error
    if kind == "TXT":
        return [b"".join(row.strings).decode(errors="replace") for row in answer]
    return [row.to_text() for row in answer]

"""What must stand in the DNS so that mail providers trust our letters, and what of it is there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# (name, type) → the answers as text, empty when there is none; raises Unreachable when nobody answers.
Lookup = Callable[[str, str], list[str]]


class Unreachable(Exception):
    """The DNS could not be asked; that is no word about the record."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the domain of the addresses, the mail server's host, our DKIM selector ("" when the relay signs)."""

    domain: str
    host: str
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing to publish. `state` is found, missing, wrong or unknown; `is_required` by Gmail, Yahoo or Microsoft."""

    what: str
    name: str
    state: str
    advice: str
    is_required: bool = True


def records(sender: Sender, lookup: Lookup) -> Iterator[Record]:
    """Yield every record in the order in which an operator would set them up."""
    for check in (_spf, _dkim, _dmarc, _mx, _ptr, _bimi):
        try:
            yield check(sender, lookup)
        except Unreachable:
            record = check(sender, lambda _name, _kind: [])
            yield Record(record.what, record.name, "unknown", record.advice, record.is_required)


def _spf(sender: Sender, lookup: Lookup) -> Record:
    found = [text for text in lookup(sender.domain, "TXT") if text.lower().startswith("v=spf1")]
    advice = f'TXT "v=spf1 a:{sender.host} -all", or the include that your mail provider names'
    if len(found) > 1:
        return Record("SPF", sender.domain, "wrong", f"{len(found)} SPF records: join them into one")
    if found and found[0].rstrip().endswith("+all"):
        return Record("SPF", sender.domain, "wrong", "it allows everybody (+all): end it with -all")
    return Record("SPF", sender.domain, "found" if found else "missing", "" if found else advice)


def _dkim(sender: Sender, lookup: Lookup) -> Record:
    if not sender.selector:
        return Record("DKIM", sender.domain, "unknown", "your mail server signs: ask it for its selector and record")
    name = f"{sender.selector}._domainkey.{sender.domain}"
    found = [text for text in lookup(name, "TXT") if re.search(r"\bp=[A-Za-z0-9+/=]", text.replace(" ", ""))]
    advice = 'TXT "v=DKIM1; k=rsa; p=…" with: openssl rsa -in KEY -pubout -outform der | base64 -w0'
    return Record("DKIM", name, "found" if found else "missing", "" if found else advice)


def _dmarc(sender: Sender, lookup: Lookup) -> Record:
    """DMARC is looked for at the domain and at each one above it (RFC 9989)."""
    labels = sender.domain.split(".")
    places = [".".join(labels[depth:]) for depth in range(max(1, len(labels) - 1))]
    found = [text for place in places for text in lookup(f"_dmarc.{place}", "TXT") if text.startswith("v=DMARC1")]
    advice = f'TXT "v=DMARC1; p=none; rua=mailto:dmarc@{sender.domain}"; when the reports are clean, p=reject'
    return Record("DMARC", f"_dmarc.{sender.domain}", "found" if found else "missing", "" if found else advice)


def _mx(sender: Sender, lookup: Lookup) -> Record:
    found = lookup(sender.domain, "MX")
    advice = "an MX record: bounces and mails to the unsubscribe address must reach you"
    return Record("MX", sender.domain, "found" if found else "missing", "" if found else advice)


def _ptr(sender: Sender, lookup: Lookup) -> Record:
    """The server's address must have a name that leads back to it."""
    addresses = lookup(sender.host, "A") + lookup(sender.host, "AAAA")
    if not addresses:
        return Record(
            "PTR", sender.host, "unknown", "the mail server's name has no address here; its provider sees to it"
        )
    for address in addresses:
        names = lookup(ipaddress.ip_address(address).reverse_pointer, "PTR")
        kind = "AAAA" if ":" in address else "A"
        if not any(address in lookup(name.rstrip("."), kind) for name in names):
            return Record("PTR", address, "missing", f"a PTR record to a name that leads back to {address}")
    return Record("PTR", sender.host, "found", "")


def _bimi(sender: Sender, lookup: Lookup) -> Record:
    name = f"default._bimi.{sender.domain}"
    found = [text for text in lookup(name, "TXT") if text.startswith("v=BIMI1")]
    advice = 'TXT "v=BIMI1; l=https://…/logo.svg; a=" shows your mark; it wants DMARC with p=quarantine or reject'
    return Record("BIMI", name, "found" if found else "missing", "" if found else advice, is_required=False)

"""What an operator is told about the DNS."""

import dns.exception
import dns.resolver
import pytest
from django.core.management import CommandError, call_command

from mail.deliverability import Sender, Unreachable, records

SENDER = Sender("papers.example.org", "mx.example.org", "s1")
ZONE = {
    ("papers.example.org", "TXT"): ["v=spf1 a:mx.example.org -all", "something else"],
    ("s1._domainkey.papers.example.org", "TXT"): ["v=DKIM1; k=rsa; p=MIIB"],
    ("_dmarc.example.org", "TXT"): ["v=DMARC1; p=none"],
    ("papers.example.org", "MX"): ["10 mx.example.org."],
    ("mx.example.org", "A"): ["192.0.2.5"],
    ("5.2.0.192.in-addr.arpa", "PTR"): ["mx.example.org."],
}


def states(zone, sender=SENDER):
    return {record.what: record.state for record in records(sender, lambda *question: zone.get(question, []))}


def test_a_domain_that_is_set_up_lacks_only_the_optional_mark():
    found = {"SPF": "found", "DKIM": "found", "DMARC": "found", "MX": "found", "PTR": "found", "BIMI": "missing"}
    assert states(ZONE) == found


@pytest.mark.parametrize(
    ("change", "what", "state"),
    [
        ({("papers.example.org", "TXT"): []}, "SPF", "missing"),
        ({("papers.example.org", "TXT"): ["v=spf1 a -all", "v=spf1 mx -all"]}, "SPF", "wrong"),
        ({("papers.example.org", "TXT"): ["v=spf1 +all"]}, "SPF", "wrong"),
        ({("s1._domainkey.papers.example.org", "TXT"): ["v=DKIM1; p="]}, "DKIM", "missing"),
        ({("_dmarc.example.org", "TXT"): []}, "DMARC", "missing"),
        ({("papers.example.org", "MX"): []}, "MX", "missing"),
        ({("5.2.0.192.in-addr.arpa", "PTR"): ["other.example.org."]}, "PTR", "missing"),
    ],
)
def test_each_thing_that_is_missing_or_wrong_is_named(change, what, state):
    assert states(ZONE | change)[what] == state


def test_a_silent_dns_is_no_word_about_the_records_but_the_advice_stands():
    def silent(name, kind):
        raise Unreachable

    found = list(records(SENDER, silent))
    assert {record.state for record in found} == {"unknown"}
    assert any("v=DMARC1" in record.advice for record in found)


def test_the_command_says_what_to_publish_and_fails_when_it_is_missing(monkeypatch, capsys):
    def nothing(name, kind, lifetime):
        raise dns.resolver.NXDOMAIN

    monkeypatch.setattr(dns.resolver, "resolve", nothing)
    with pytest.raises(CommandError, match="SPF, DMARC, MX"):
        call_command("check_deliverability", "papers.example.org", "--host", "mx.example.org")
    assert 'TXT "v=spf1 a:mx.example.org -all"' in capsys.readouterr().out


def test_without_a_network_the_command_gives_its_advice_and_does_not_fail(monkeypatch, capsys):
    def timeout(name, kind, lifetime):
        raise dns.exception.Timeout

    monkeypatch.setattr(dns.resolver, "resolve", timeout)
    call_command("check_deliverability", "papers.example.org")
    assert "could not be looked up from here" in capsys.readouterr().out

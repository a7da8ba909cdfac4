"""Hand 200 digests of the finished edition to a sink that keeps them and compare each with the slow way to print it.

`python -m bench.delivery.gate` says how many it compared, or ends with the first difference. With --sample it writes
one letter as JSON instead, as others would make it: the frame of each part with TOKEN where a reader's own links begin
and CARDS where the papers go, and the papers as values.
"""

from __future__ import annotations

import email
import email.policy
import json
import random
import sys
from email.message import EmailMessage
from typing import Any

import django

COUNT = 200


def main() -> None:
    from django.conf import settings

    from mail.transport import deliver
    from newsletter.preparing import prepare
    from tests.sink import Sink

    digests = some_digests(COUNT)
    press = prepare(digests[0].edition, digests, now=digests[0].due_at)
    with Sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        outcomes = list(deliver(press.letters()))
    if any(outcome.kind != "accepted" for outcome in outcomes) or len(sink.messages) != len(digests):
        sys.exit(f"{len(sink.messages)} of {len(digests)} letters arrived")
    issues = {issue.to: issue for issue in press.issues}
    for recipient, message in zip(sink.recipients, sink.messages, strict=True):
        compare(press, issues.pop(recipient), message)
    sys.stdout.write(f"{len(digests)}\n")


def some_digests(count: int) -> list[Any]:
    from newsletter.models import Digest

    ids = list(Digest.objects.filter(state="sent").values_list("pk", flat=True))
    chosen = random.Random(1).sample(ids, min(count, len(ids)))
    return list(Digest.objects.filter(pk__in=chosen).select_related("edition"))


def compare(press: Any, issue: Any, message: bytes) -> None:
    """End with what differs between a letter as it arrived and the slow way to print it."""
    from newsletter.rendering.reference import reference

    arrived, slow = read(message), read(reference(press, issue).message().as_bytes())
    if arrived.defects or contents(arrived) != contents(slow):
        sys.exit(f"digest {issue.digest_id} does not say what the slow way says")
    if any(len(line) > 78 for line in message.split(b"\r\n\r\n", 1)[1].split(b"\r\n")):
        sys.exit(f"digest {issue.digest_id} has a long line")


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def contents(message: EmailMessage) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return what a mail program sees: headers without their folding, and the decoded parts."""
    headers = {name: " ".join(str(value).split()) for name, value in message.items() if name != "Content-Type"}
    parts = [
        (part.get_content_type(), str(part.get_content()).replace("\r\n", "\n").rstrip())
        for part in message.iter_parts()
    ]
    return headers, parts


def sample() -> None:
    from newsletter.preparing import prepare
    from newsletter.rendering import reference
    from newsletter.rendering.plate import sides
    from newsletter.rendering.press import tokens_of

    digest = some_digests(1)[0]
    press = prepare(digest.edition, [digest], now=digest.due_at)
    (issue,) = press.issues
    message = read(press.letter(issue).wire)
    bodies = dict(contents(message)[1])
    tokens = [token.decode() for mark, token in tokens_of(issue, press.sign).items() if mark]
    imprint = reference._filled(press, issue)
    found: dict[str, Any] = {"subject": message["Subject"], "bytes": len(press.letter(issue).wire)}
    for side, name, kind in zip(sides(), ("html", "text"), ("text/html", "text/plain"), strict=True):
        cards = "".join(reference._cards(side, issue.items, issue, imprint)).strip()
        before, card, after = bodies[kind].partition(cards)
        assert card, f"the cards do not stand in the {name} part as they were made"
        found[name] = without(tokens, f"{before}CARDS{after}")
    found["papers"] = [values_of(item) for item in issue.items]
    json.dump(found, sys.stdout)


def values_of(item: Any) -> dict[str, Any]:
    """Return a paper as a lab would hand it to its template."""
    from newsletter.rendering import words

    paper = item.paper
    links = {"PDF": paper.pdf_url, "Code": paper.code_url, "Project": paper.project_url}
    return {
        "number": paper.id,
        "title": paper.title,
        "authors": list(paper.authors),
        "topics": list(paper.topics),
        "abstract": paper.abstract,
        "votes": paper.votes,
        "why": str(words.reason_in_words(item.reason)),
        "links": [{"name": name, "url": url} for name, url in links.items() if url],
    }


def without(tokens: list[str], body: str) -> str:
    for token in tokens:
        body = body.replace(token, "TOKEN")
    return body


if __name__ == "__main__":
    django.setup()
    sample() if "--sample" in sys.argv else main()

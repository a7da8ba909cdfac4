"""What mail providers report, through Anymail's webhooks.

A provider's address answers only when it is the one we send through, and only when its reports are protected. Anymail
reads and checks the request; its events are collected and kept in one go, so that ten thousand cost a few statements.
A request that cannot be kept is answered with an error, and the provider sends it again: keeping is idempotent.
One that is refused is told on admin's first page, for it may be the provider with a secret that was changed.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.inbound import AnymailInboundMessage
from anymail.signals import inbound, tracking
from anymail.urls import urlpatterns as anymail_urls
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from mail.bounces import discreet_line, judge
from mail.encoding import one_line
from mail.returning import read_return_address
from mail.transport import is_protected, providers
from newsletter import events, mailbox
from newsletter.models import Digest, Event, Pulse
from newsletter.tracking import is_machine_name

MOST_BYTES = 10 * 1024 * 1024
MOST_SECONDS_OLD = 300
KINDS = {
    "delivered": Event.Kind.DELIVERED,
    "bounced": Event.Kind.BOUNCED,
    "rejected": Event.Kind.BOUNCED,
    "deferred": Event.Kind.DEFERRED,
    "complained": Event.Kind.COMPLAINED,
    "unsubscribed": Event.Kind.UNSUBSCRIBED,
    "opened": Event.Kind.OPENED,
    "clicked": Event.Kind.CLICKED,
}
_heard: contextvars.ContextVar[list[Any] | None] = contextvars.ContextVar("heard", default=None)


def listen(event: Any, **_: Any) -> None:
    """Collect what Anymail read; outside of a request of ours nobody is heard."""
    heard = _heard.get()
    if heard is not None:
        heard.append(event)


def urls() -> list[URLPattern]:
    """Return Anymail's addresses, each behind our door, and listen to what it reads there."""
    for signal in (tracking, inbound):
        signal.connect(listen, weak=False, dispatch_uid="newsletter.webhooks")
    return [
        URLPattern(one.pattern, _door(one.callback, *_named(str(one.pattern))), name=one.name) for one in anymail_urls
    ]


def _named(pattern: str) -> tuple[str, bool]:
    """Return the provider of one of Anymail's addresses, and whether mail comes in there and no reports."""
    provider, _slash, what = pattern.lstrip("^").partition("/")
    return provider, what.startswith("inbound")


def _door(view: Callable[..., HttpResponse], provider: str, is_inbound: bool) -> Callable[..., HttpResponse]:
    @csrf_exempt
    def receive(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if provider not in providers():
            raise Http404
        if not is_protected(provider, inbound=is_inbound):
            return _without_secret(provider)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            return HttpResponse(status=413)
        return _take(request, view, kwargs, provider)

    return receive


def _take(request: HttpRequest, view: Callable[..., HttpResponse], kwargs: dict, provider: str) -> HttpResponse:
    heard: list[Any] = []
    token = _heard.set(heard)
    try:
        response = view(request, **kwargs)
    except ImproperlyConfigured:
        return _without_secret(provider)
    except AnymailWebhookValidationFailure:
        return _refused(provider, "its secret or signature is not the one that we know")
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        # Not this provider's shape; nothing of ours runs in there, so the fault is the request's.
        return HttpResponse(status=400)
    finally:
        _heard.reset(token)
    now = timezone.now()
    if _is_stale(request, provider, now):
        return _refused(provider, "it is signed for another time than our clock shows")
    keep(heard, provider, now=now)
    if request.method == "POST":
        Pulse.beat_rarely(Pulse.REPORT_TAKEN, now=now)
    return response


def _refused(provider: str, why: str) -> HttpResponse:
    Pulse.beat_rarely(Pulse.REPORT_REFUSED, now=timezone.now(), said=f"{provider}: {why}")
    return HttpResponse(status=400)


def _without_secret(provider: str) -> HttpResponse:
    _refused(provider, "there is no secret for it in ANYMAIL")
    return HttpResponse("This webhook has no secret yet, so it takes nothing.", status=503)


def keep(heard: list[Any], provider: str, *, now: dt.datetime) -> None:
    """Keep what a request brought: reports, and mail that came in."""
    letters = [event for event in heard if getattr(event, "message", None) is not None]
    reports = [event for event in heard if getattr(event, "message", None) is None and event.event_type in KINDS]
    digests = _by_provider_id(reports)
    events.record((_report(event, provider, digests, now) for event in reports), now=now)
    for event in letters:
        message: AnymailInboundMessage = event.message
        came_to = [message.envelope_recipient] if message.envelope_recipient else []
        mailbox.take_in(message.as_bytes(), came_to=came_to, now=now)


def _report(event: Any, provider: str, digests: dict[str, int], now: dt.datetime) -> events.Report:
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    letter = read_return_address(str(metadata.get("letter", "")), recipient=event.recipient or "")
    whom = events.whom(letter)
    if letter is None and event.message_id in digests:
        whom = events.Whom(digest_id=digests[event.message_id])
    said = " ".join(str(text) for text in (event.mta_response, event.description) if text)
    kind = KINDS[event.event_type]
    return events.Report(
        kind=kind,
        at=min(event.timestamp or now, now),
        key=_key(event, provider),
        is_machine=kind in (Event.Kind.OPENED, Event.Kind.CLICKED) and is_machine_name(event.user_agent or ""),
        verdict=judge(said, labels=_labels(event)) if kind == Event.Kind.BOUNCED else "",
        detail=discreet_line(said),
        digest_id=whom.digest_id,
        subscriber_id=whom.subscriber_id,
    )


def _by_provider_id(reports: list[Any]) -> dict[str, int]:
    """Find the digests of providers that give nothing back but their own id."""
    ids = {one_line(str(event.message_id)) for event in reports if event.message_id and not event.metadata}
    known = Digest.objects.exclude(provider_id="").filter(provider_id__in=ids)
    return dict(known.values_list("provider_id", "pk")) if ids else {}


def _labels(event: Any) -> list[str]:
    """Return the words with which providers say hard or soft: Anymail calls both "bounced"."""
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    names = ("event", "type", "Type", "RecordType", "bounceType", "bounce_type", "severity", "bounce_class")
    nested = raw.get("bounce")
    layers = [raw, nested if isinstance(nested, dict) else {}]
    values = [*(layer.get(name) for layer in layers for name in names), event.reject_reason]
    return [value for value in values if isinstance(value, str)]


def _key(event: Any, provider: str) -> str:
    said = json.dumps(event.esp_event, sort_keys=True, default=str) if event.event_id is None else event.event_id
    whole = f"{event.event_type}\0{event.recipient}\0{said}"
    return f"{provider}/{hashlib.sha256(whole.encode(errors='replace')).hexdigest()[:40]}"


def _is_stale(request: HttpRequest, provider: str, now: dt.datetime) -> bool:
    """Say whether a signed request is too old: a copy of it, kept by somebody and sent again."""
    stamp: object = request.headers.get("X-Twilio-Email-Event-Webhook-Timestamp")
    if provider == "mailgun":
        is_json = request.content_type == "application/json"
        stamp = json.loads(request.body)["signature"]["timestamp"] if is_json else request.POST.get("timestamp")
    try:
        return stamp is not None and abs(now.timestamp() - float(str(stamp))) > MOST_SECONDS_OLD
    except ValueError:
        return True

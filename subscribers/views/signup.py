"""The pages from an address to a reader. Each view: form, one verb, page."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from papers.models import Topic
from subscribers import signup, throttle, tokens
from subscribers.forms.address import POPULAR, AddressForm
from subscribers.models import Ask, Subscriber
from subscribers.preferences import announcements_wording
from subscribers.tasks import nudge, nudge_digests

from .manage_link import by_manage_link, private
from .pages import page, shows_and_acts, sign_up_form, too_many, visitor, wording

_COOKIE = "asked"


@shows_and_acts
def subscribe(request: HttpRequest) -> HttpResponse:
    """Show the form; POST writes the ask down and says to look into the mailbox."""
    form = sign_up_form(request, initial={"topics": request.GET.getlist("topic"), "hour": 7})
    if form.is_robot:
        return private(redirect("check_mail"))
    if "show" in request.POST or not form.is_valid():
        status = 422 if form.is_bound and "show" not in request.POST else 200
        chosen = request.POST.getlist("topics") or form.initial["topics"]
        return page(request, "subscribe", status=status, form=form, wording=wording(), chosen=chosen, domains=POPULAR)
    try:
        wanted = form.wanted()
        return to_mailbox(signup.ask(form.cleaned_data["email"], wanted, visitor(request, "page"), now=form.now))
    except throttle.TooMany as error:
        return too_many(request, error)


@require_safe
def check_mail(request: HttpRequest) -> HttpResponse:
    """Say what happens next, with the address as it was written."""
    ask = _asked(request)
    return page(request, "check_mail", ask=ask, form=AddressForm(initial={"email": ask.email if ask else ""}))


@require_POST
def ask_again(request: HttpRequest) -> HttpResponse:
    """Send the letter once more, to a visitor who waited a little."""
    before = _asked(request)
    if before is None:
        return redirect("subscribe")
    try:
        return to_mailbox(signup.ask_again(before, visitor(request, "again"), now=timezone.now()))
    except throttle.TooMany as error:
        return too_many(request, error)


@require_POST
def correct_address(request: HttpRequest) -> HttpResponse:
    """Take the ask back and make it again for the right address."""
    before, form = _asked(request), AddressForm(request.POST)
    if before is None:
        return redirect("subscribe")
    if not form.is_valid():
        return page(request, "check_mail", status=422, ask=before, form=form)
    try:
        email = form.cleaned_data["email"]
        return to_mailbox(signup.correct(before, email, visitor(request, "correction"), now=timezone.now()))
    except throttle.TooMany as error:
        return too_many(request, error)


@shows_and_acts
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was asked for and one button; only the button acts."""
    now = timezone.now()
    try:
        ask = signup.read_link(token, now=now)
    except tokens.ExpiredToken:
        return page(request, "confirm_expired", status=410, token=token)
    except (tokens.BadToken, Ask.DoesNotExist):
        raise Http404 from None
    if request.method == "POST":
        return _confirmed(request, ask)
    if not signup.is_usable(ask):
        return page(request, "confirm_used", ask=ask)
    topics = Topic.objects.filter(slug__in=ask.wishes.get("topics", []))
    # Anybody may have ticked that box for this address: its owner reads what the button says yes to.
    more = announcements_wording() if ask.wishes.get("announcements") else ""
    return page(request, "confirm", ask=ask, topics=topics, more=more)


def _confirmed(request: HttpRequest, ask: Ask) -> HttpResponse:
    now = timezone.now()
    try:
        reader = signup.confirm(ask, now=now)
    except signup.UsedLink:
        return page(request, "confirm_used", ask=ask)
    nudge()
    return private(redirect("welcome", reader.token(tokens.Purpose.MANAGE, now=now)))


@require_POST
def confirm_again(request: HttpRequest, token: str) -> HttpResponse:
    """Send a new link in place of an expired one."""
    try:
        claim = tokens.read(tokens.Purpose.CONFIRM, token, now=timezone.now())
        before = Ask.objects.get(pk=claim.subject)
        return to_mailbox(signup.ask_again(before, visitor(request, "again"), now=timezone.now()))
    except throttle.TooMany as error:
        return too_many(request, error)
    except (tokens.BadToken, Ask.DoesNotExist):
        raise Http404 from None


@shows_and_acts
@by_manage_link
def welcome(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Say when the first digest comes; POST makes it come now."""
    now = timezone.now()
    token = reader.token(tokens.Purpose.MANAGE, now=now)
    if request.method == "POST":
        if reader.ask_first_digest(now=now):
            nudge_digests()
        return private(redirect("welcome", token))
    if reader.state != Subscriber.State.ACTIVE:
        return private(redirect("manage", token))
    is_coming = reader.last_digest_day is not None or reader.is_due(now=now)
    return page(request, "welcome", reader=reader, token=token, is_coming=is_coming, sender=settings.DIGEST_ADDRESS)


def to_mailbox(ask: Ask) -> HttpResponse:
    """Ring for the letter and show the mailbox page; the browser remembers the ask for an hour."""
    nudge()
    response = private(redirect("check_mail"))
    response.set_signed_cookie(
        _COOKIE,
        str(ask.public_id),
        salt=_COOKIE,
        max_age=3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def _asked(request: HttpRequest) -> Ask | None:
    try:
        name = request.get_signed_cookie(_COOKIE, salt=_COOKIE, max_age=3600)
        return Ask.objects.filter(public_id=uuid.UUID(name)).first()
    except (KeyError, BadSignature, ValueError):
        return None

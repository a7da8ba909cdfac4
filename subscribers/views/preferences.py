"""The preferences pages, opened by a signed link."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from subscribers import leaving, preferences, tokens
from subscribers.cadence import zone_of
from subscribers.forms.preferences import NewAddressForm, PauseForm, PreferencesForm
from subscribers.models import AddressChange, Subscriber
from subscribers.signup.offer import papers_a_day
from subscribers.tasks import nudge

from .manage_link import by_manage_link, private
from .pages import shows_and_acts

ADDRESS_LIFE = dt.timedelta(days=7)


@shows_and_acts
@by_manage_link
def manage(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Show the wishes; POST keeps them."""
    form = PreferencesForm(request.POST or None, instance=reader)
    if request.method == "POST" and form.is_valid():
        preferences.change(reader, form.preferences(), now=timezone.now())
        messages.success(request, _("Kept. Your next digest follows these wishes."))
        return _back(reader)
    return _page(request, reader, form=form)


@require_POST
@by_manage_link
def pause(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Stop for some weeks, or until a day; `resume` ends it."""
    now = timezone.now()
    if "resume" in request.POST:
        leaving.undo(reader, now=now)  # for whoever had left; for nobody else
        reader.resume(now=now)
        return _back(reader)
    form = PauseForm(request.POST, today=_today(reader, now))
    if not form.is_valid():
        return _page(request, reader, pause=form)
    reader.pause(until=form.cleaned_data["until"], now=now)
    return _back(reader)


@require_POST
@by_manage_link
def tracking(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Agree to be learned from, or not."""
    granted = request.POST.get("answer") == "yes"
    preferences.agree_to_tracking(reader, granted, wording=tracking_wording(), now=timezone.now())
    return _back(reader)


@require_POST
@by_manage_link
def announcements(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Agree to the editor's announcements, or not."""
    granted, wording = request.POST.get("answer") == "yes", preferences.announcements_wording()
    preferences.agree_to_announcements(reader, granted, form="preferences", wording=wording, now=timezone.now())
    return _back(reader)


@require_POST
@by_manage_link
def address(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Ask for another address: a letter goes there first."""
    form = NewAddressForm(request.POST, reader=reader)
    if not form.is_valid():
        return _page(request, reader, address=form)
    preferences.ask_address(reader, form.cleaned_data["email"], now=timezone.now())
    nudge()
    text = _("We have written to %(address)s. Your digests move there when you press the button in that letter.")
    messages.success(request, text % {"address": form.cleaned_data["email"]})
    return _back(reader)


@shows_and_acts
def new_address(request: HttpRequest, token: str) -> HttpResponse:
    """Show whose move it is; POST makes it."""
    now = timezone.now()
    try:
        claim = tokens.read(tokens.Purpose.ADDRESS, token, now=now, max_age=ADDRESS_LIFE)
        asked = AddressChange.objects.select_related("subscriber").get(pk=claim.subject)
    except tokens.ExpiredToken:
        return private(render(request, "subscribers/new_address.html", {"is_too_late": True}, status=410))
    except (tokens.BadToken, AddressChange.DoesNotExist) as error:
        raise Http404 from error
    translation.activate(asked.subscriber.language)
    if request.method == "POST":
        is_done = preferences.confirm_address(asked, now=now) or asked.confirmed_at is not None
        nudge()
        context = {"asked": asked, "is_done": is_done, "is_too_late": not is_done}
        return private(render(request, "subscribers/new_address.html", context))
    return private(render(request, "subscribers/new_address.html", {"asked": asked}))


@require_GET
@by_manage_link
def data(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Hand out everything we hold about the reader, as a file."""
    response = JsonResponse(
        preferences.everything_about(reader), json_dumps_params={"indent": 2, "ensure_ascii": False}
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@shows_and_acts
@by_manage_link
def forget(request: HttpRequest, reader: Subscriber) -> HttpResponse:
    """Ask once more; POST deletes the reader."""
    if request.method == "POST":
        preferences.forget(reader, now=timezone.now())
        return render(request, "subscribers/forgotten.html")
    return render(
        request, "subscribers/forget.html", {"token": reader.token(tokens.Purpose.MANAGE, now=timezone.now())}
    )


def tracking_wording() -> str:
    """Return the text that stands beside the button, kept with the answer."""
    return _(
        "Learn from what I open and click, to choose better papers for me. I can take this back at any time; "
        "the digest comes either way."
    )


def _page(request: HttpRequest, reader: Subscriber, **forms: object) -> HttpResponse:
    now = timezone.now()
    has_errors = bool(forms) and request.method == "POST"
    form = forms.get("form") or PreferencesForm(instance=reader)
    assert isinstance(form, PreferencesForm)
    context = {
        "reader": reader,
        "token": reader.token(tokens.Purpose.MANAGE, now=now),
        "form": form,
        "topics": form.topic_shelf(papers_a_day(now=now)),
        "pause": forms.get("pause") or PauseForm(today=_today(reader, now)),
        "address": forms.get("address") or NewAddressForm(reader=reader),
        "tracking_wording": tracking_wording(),
        "announcements_wording": preferences.announcements_wording(),
        # By name: what a digest looks like is the newsletter's business, above us.
        "preview_url": reverse("preview"),
        "unsubscribe_url": reverse("unsubscribe", args=[reader.token(tokens.Purpose.UNSUBSCRIBE, now=now)]),
        "next_digest": reader.next_digest_at,
    }
    return render(request, "subscribers/preferences.html", context, status=422 if has_errors else 200)


def _today(reader: Subscriber, now: dt.datetime) -> dt.date:
    return now.astimezone(zone_of(reader.timezone)).date()


def _back(reader: Subscriber) -> HttpResponse:
    return redirect("manage", token=reader.token(tokens.Purpose.MANAGE, now=timezone.now()))

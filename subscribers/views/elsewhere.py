"""Signing up from other places: a small form inside somebody's page, and JSON for programs.

Both are outside the CSRF check on purpose: no cookie of ours reaches a form in a foreign page, and nothing here acts
with anybody's rights. The form's own stamp (the page was fetched from this network) and the budgets guard it.
"""

from __future__ import annotations

import json
from typing import Any

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from subscribers import signup, throttle
from subscribers.forms.signup import WantedForm
from subscribers.tasks import nudge

from .manage_link import private
from .pages import captcha, page, shows_and_acts, sign_up_form, too_many, visitor, wording

_MOST_BYTES = 65_536


@csrf_exempt
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@shows_and_acts
def embed(request: HttpRequest) -> HttpResponse:
    """Show a small form for a frame in another site; POST answers in place."""
    form = sign_up_form(request)
    if form.is_robot:
        return page(request, "embed_done")
    if not form.is_valid():
        chosen = request.POST.getlist("topics") or request.GET.getlist("topic")
        status = 422 if form.is_bound else 200
        return page(request, "embed", status=status, form=form, wording=wording(), chosen=chosen)
    try:
        signup.ask(form.cleaned_data["email"], form.wanted(), visitor(request, "embed"), now=form.now)
    except throttle.TooMany as error:
        return too_many(request, error, name="embed_wait")
    nudge()
    return page(request, "embed_done")


@csrf_exempt
@require_POST
def subscribe_json(request: HttpRequest) -> JsonResponse:
    """Take {"email": …, "topics": [slug…], "timezone": …, "hour": …, "keywords": […], "authors": […],
    "announcements": true}.

    202: a letter is on its way, or there is no need for one. 400: no JSON. 415: not sent as JSON. 422: what is wrong,
    by field; an address that was asked about goes through with "sure" set to it. 429: too many, with Retry-After.
    """
    if request.content_type != "application/json":
        return _answer({"detail": gettext("Send the sign-up as application/json.")}, 415)
    try:
        data = _flat(json.loads(request.body if len(request.body) <= _MOST_BYTES else b""))
    except (ValueError, RecursionError):
        return _answer({"detail": gettext("The body is not a JSON object, or larger than 64 KB.")}, 400)
    if captcha(request):
        return _answer({"detail": gettext("Please use the page for now.")}, 429)
    form = WantedForm(data, now=timezone.now())
    if not form.is_valid():
        return _answer({"errors": form.errors}, 422)
    try:
        signup.ask(form.cleaned_data["email"], form.wanted(), visitor(request, "json"), now=form.now)
    except throttle.TooMany as error:
        answer = _answer({"detail": gettext("Too many sign-ups from here. Try again later.")}, 429)
        answer["Retry-After"] = str(error.retry_after)
        return answer
    nudge()
    return _answer({"detail": gettext("A letter is on its way. Press the button in it, and the papers come.")}, 202)


def _answer(content: dict[str, Any], status: int) -> JsonResponse:
    answer = JsonResponse(content, status=status)
    private(answer)
    return answer


def _flat(body: object) -> dict[str, str | list[str]]:
    """Return the object's values as a form has them."""
    if not isinstance(body, dict):
        raise ValueError("no object")
    return {_text(name): _posted(name, value) for name, value in body.items()}


def _posted(name: str, value: object) -> str | list[str]:
    """Return a value as text, a list as lines; the topics stay a list, as of boxes that were ticked."""
    if not isinstance(value, list):
        return _text(value)
    texts = list(map(_text, value))
    return texts if name == "topics" else "\n".join(texts)


def _text(value: object) -> str:
    """Return the value as text; ValueError for half a character (\\ud800), which no database and no letter can hold."""
    return str(value).encode().decode()

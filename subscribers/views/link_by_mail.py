"""A lost link to the preferences, sent to the address and nowhere else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from subscribers import signup, throttle
from subscribers.forms.address import AddressForm
from subscribers.models import Ask

from .pages import page, shows_and_acts, too_many, visitor
from .signup import to_mailbox


@shows_and_acts
def ask_link(request: HttpRequest) -> HttpResponse:
    """Ask for an address; the answer is the same whether it reads the newsletter or not."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return page(request, "ask_link", status=422 if form.is_bound else 200, form=form)
    email, who = form.cleaned_data["email"], visitor(request, "preferences")
    try:
        return to_mailbox(signup.ask(email, signup.Wanted(), who, kind=Ask.Kind.MANAGE, now=timezone.now()))
    except throttle.TooMany as error:
        return too_many(request, error)

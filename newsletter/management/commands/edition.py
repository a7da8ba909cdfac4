"""The editor's hand on an edition, from the command line."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError

from newsletter.models import Edition
from newsletter.steering import ORDERS, carry_out
from papers.clock import database_now
from papers.management import arguments


class Command(BaseCommand):
    help = "Show an edition, or pause, resume, cancel, close it, or retry its failed digests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", type=arguments.day, help="the edition's day, YYYY-MM-DD")
        parser.add_argument("order", choices=["show", *ORDERS], nargs="?", default="show")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--by", metavar="USER", help="the editor who orders it; the only one when left out")

    def handle(self, *, day: dt.date, order: str, yes: bool, by: str | None, **_: Any) -> None:
        edition = Edition.objects.days().filter(day=day).first()
        if edition is None:
            newest = ", ".join(f"{each.day}" for each in Edition.objects.days().order_by("-day")[:3])
            raise CommandError(f"There is no edition of {day}. The newest: {newest or 'none yet'}.")
        if order != "show":
            self._order(order, edition, user=_editor(by), is_sure=yes)
        edition.refresh_from_db()
        accounts = ", ".join(f"{count} {state}" for state, count in sorted(edition.accounts().items()))
        paused = f", paused ({edition.paused_reason})" if edition.is_paused else ""
        gone = edition.gone().get("digests", 0)
        kept = f" ({gone} of them no longer kept one by one)" if gone else ""
        self.stdout.write(f"{edition}: {edition.get_state_display()}{paused}. Digests: {accounts or 'none'}{kept}.")

    def _order(self, name: str, edition: Edition, *, user: AbstractBaseUser, is_sure: bool) -> None:
        order, now = ORDERS[name], database_now()
        self.stdout.write(f"{order.label} {edition}: {order.affected(edition, now)} digests. {order.consequence}")
        if not is_sure and input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was changed.")
        if not carry_out(order, edition, user=user, now=now):
            raise CommandError(f"The edition is {edition.get_state_display()}: nothing was changed.")


def _editor(name: str | None) -> AbstractBaseUser:
    editors = get_user_model().objects.filter(is_active=True, is_staff=True)
    found = list(editors.filter(username=name) if name else editors[:2])
    if len(found) != 1:
        raise CommandError("Say who orders it, so that it can be recorded: --by USER (an active editor).")
    return found[0]

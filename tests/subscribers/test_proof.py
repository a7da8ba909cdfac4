"""What the editor sees of sign-ups: the shield, and the proof of consent."""

import csv
import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from subscribers.models import Ask, ConsentRecord, Subscriber, hash_address

pytestmark = pytest.mark.django_db


def test_the_ledger_is_downloaded_with_its_wording_and_without_formulas(admin_client):
    reader = Subscriber.objects.create(email="ada@example.org")
    about = {"purpose": "subscription", "action": "given", "at": timezone.now()}
    kept = ConsentRecord.objects.create(
        subscriber=reader, address_hash=hash_address(reader.email), form="page", wording="=You get\none letter", **about
    )
    gone = ConsentRecord.objects.create(subscriber=None, address_hash="h", form="embed", **about)
    page = reverse("admin:subscribers_consentrecord_changelist")
    answer = admin_client.post(page, {"action": "download", "_selected_action": [kept.pk, gone.pk]})
    rows = list(csv.DictReader(answer.getvalue().decode().splitlines(keepends=True)))
    assert [row["email"] for row in rows] == ["ada@example.org", ""]
    assert rows[0]["wording"].startswith("'=You get")
    assert rows[1]["form"] == "embed"


@pytest.mark.parametrize(("confirmed", "word"), [(0, "The shield is up"), (25, "All is quiet")])
def test_the_editor_sees_whether_the_shield_is_up(admin_client, confirmed, word):
    at = timezone.now() - dt.timedelta(hours=1)
    shared = {"network": "n", "form": "page", "created_at": at, "settled_at": at, "outcome": "letter"}
    for n in range(40):
        Ask.objects.create(
            email=f"s{n}@example.org", limit_key=str(n), confirmed_at=at if n < confirmed else None, **shared
        )
    assert word in admin_client.get(reverse("admin:subscribers_ask_changelist")).text

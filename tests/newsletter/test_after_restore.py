"""A backup knows neither who came after it nor what left: such numbers and links must not become another's."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone

from newsletter.building import build_due
from newsletter.management.commands.after_restore import NAMED_IN_LETTERS
from newsletter.models import Digest, Edition
from newsletter.sending import send_pending, sweep
from subscribers import tokens
from subscribers.models import Subscriber
from tests.newsletter.readers import make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


def test_the_link_of_a_reader_who_came_after_the_backup_opens_nobody_elses_preferences(client):
    link = make_reader(1).token(tokens.Purpose.MANAGE, now=timezone.now())
    lost = Subscriber.objects.get().pk
    call_command("after_restore", numbers=1000)
    Subscriber.objects.all().delete()
    assert make_reader(2).pk > lost + 1000
    assert client.get(f"/preferences/{link}/").status_code != 200


def test_what_letters_name_by_number_is_counted_on_also_where_nothing_was_counted_yet():
    call_command("after_restore", numbers=5000)
    make_reader(1)
    assert Subscriber.objects.get().pk > 5000
    assert make_paper(1).pk > 5000
    assert Digest in NAMED_IN_LETTERS


def test_what_was_sent_after_the_backup_waits_for_the_word_of_an_editor(mail_server, capsys):
    sink = mail_server()
    now = timezone.now()
    Edition.objects.of_day(now.date()).mark_done(has_errors=False)  # as the backup has it: early readers had theirs
    call_command("after_restore")
    assert "Cancel it if its readers had it" in capsys.readouterr().out
    make_paper(topics=("vision",), featured_on=now.date())
    make_reader(topics=("vision",), next_digest_at=now - dt.timedelta(minutes=1), next_digest_day=now.date())
    build_due(now=now)
    assert not send_pending(now=now)
    edition = Edition.objects.get(day=now.date())
    assert (edition.is_paused, edition.paused_reason) == (True, "a backup was restored")
    edition.mark_cancelled()
    sweep(now=now)
    assert set(Digest.objects.values_list("state", flat=True)) == {"skipped"}
    assert sink.recipients == []

"""What an editor does with an edition is shown first, done once, and recorded."""

from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command

from newsletter.admin.editions import EditionAdmin
from newsletter.building import build_due
from newsletter.models import Digest, Edition
from newsletter.steering import ORDERS, carry_out
from tests.newsletter.readers import DAY, MORNING, make_reader
from tests.papers.shelf import make_paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    make_paper()
    make_reader(1)
    make_reader(2)
    build_due(now=MORNING)
    return Edition.objects.get()


def order(client, edition, action, **more):
    return client.post("/admin/newsletter/edition/", {"action": action, "_selected_action": [edition.pk], **more})


def test_an_order_is_previewed_before_anything_changes(admin_client, edition):
    page = order(admin_client, edition, "pause").content.decode()
    edition.refresh_from_db()
    assert not edition.is_paused
    assert "2 digests" in page
    assert "wait until you resume" in page


def test_a_confirmed_order_is_done_and_recorded(admin_client, edition):
    order(admin_client, edition, "pause", confirmed="yes")
    edition.refresh_from_db()
    assert edition.is_paused
    assert LogEntry.objects.get().get_change_message() == "pause: Pause"


def test_resume_pressed_ten_times_is_one_resume(admin_client, edition):
    edition.pause("for a reason")
    for _ in range(10):
        order(admin_client, edition, "resume", confirmed="yes")
    edition.refresh_from_db()
    assert not edition.is_paused
    assert LogEntry.objects.count() == 1


def test_a_cancelled_edition_sends_nothing_more(admin_client, edition):
    order(admin_client, edition, "cancel", confirmed="yes")
    edition.refresh_from_db()
    assert edition.state == "cancelled"
    assert set(Digest.objects.values_list("state", "reason")) == {("skipped", "the edition was cancelled")}
    assert edition.closing_accounts == {"skipped": 2}


def test_only_the_failed_are_tried_again_and_the_doubtful_never(admin_client, edition, settings):
    sure, doubtful = Digest.objects.all()
    Digest.objects.filter(pk=sure.pk).update(state="failed", reason="refused", expires_at="2999-01-01T00:00Z")
    Digest.objects.filter(pk=doubtful.pk).update(
        state="failed", reason="ambiguous: nobody can say", expires_at="2999-01-01T00:00Z"
    )
    order(admin_client, edition, "retry_failed", confirmed="yes")
    assert Digest.objects.get(pk=sure.pk).state == "pending"
    assert Digest.objects.get(pk=doubtful.pk).state == "failed"


@pytest.mark.parametrize(("name", "end"), [("cancel", "cancelled"), ("expire", "expired")])
def test_an_edition_ends_once_and_the_ledger_names_who_ended_it(admin_user, django_user_model, edition, name, end):
    another = django_user_model.objects.create(username="another")
    for user, is_done in ((another, True), (admin_user, False)):
        assert carry_out(ORDERS[name], edition, user=user, now=MORNING) is is_done
    edition.refresh_from_db()
    assert edition.state == end
    assert not Digest.objects.filter(state="pending").exists()
    assert LogEntry.objects.get().user == another


def test_digests_closed_as_too_late_are_told_as_failed(admin_user, edition):
    carry_out(ORDERS["expire"], edition, user=admin_user, now=MORNING)
    assert set(Digest.objects.values_list("state", "reason")) == {("failed", "expired by an editor")}


@pytest.mark.parametrize(("failed", "state"), [(1, "sending"), (0, "done")])
def test_a_finished_edition_goes_on_only_when_something_is_tried_again(admin_user, edition, failed, state):
    Digest.objects.update(state="sent")
    Digest.objects.filter(pk__in=Digest.objects.values_list("pk")[:failed]).update(state="failed", reason="refused")
    Edition.objects.update(state="done")
    assert carry_out(ORDERS["retry-failed"], edition, user=admin_user, now=MORNING) is bool(failed)
    edition.refresh_from_db()
    assert edition.state == state


def test_only_what_waits_is_counted_before_a_pause(edition):
    Digest.objects.filter(pk=Digest.objects.first().pk).update(state="sent")
    assert ORDERS["pause"].affected(edition, MORNING) == 1


def test_the_command_line_shows_asks_and_records(admin_user, edition, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("edition", DAY.isoformat(), "cancel", stdout=StringIO())
    out = StringIO()
    call_command("edition", DAY.isoformat(), "pause", "--yes", stdout=out)
    assert "Pause Tuesday, 29 July 2025: 2 digests" in out.getvalue()
    assert "paused by an editor" in out.getvalue()
    assert LogEntry.objects.get().user == admin_user


@pytest.mark.parametrize("path", ["edition/", "digest/", "event/"])
def test_every_table_opens_with_few_queries(admin_client, edition, path, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        assert admin_client.get(f"/admin/newsletter/{path}").status_code == 200


def test_the_page_of_an_edition_offers_what_would_change_something(admin_client, edition):
    page = f"/admin/newsletter/edition/{edition.pk}/"
    offered = admin_client.get(f"{page}change/").text
    assert f"{page}pause" in offered
    assert f"{page}cancel" in offered
    assert f"{page}resume" not in offered
    assert f"{page}retry-failed" not in offered
    edition.pause("the look found a dead link")
    offered = admin_client.get(f"{page}change/").text
    assert "yes: the look found a dead link" in offered
    assert f"{page}resume" in offered
    assert f"{page}pause" not in offered


def test_a_button_on_the_page_asks_first_and_the_answer_acts(admin_client, edition):
    asked = admin_client.get(f"/admin/newsletter/edition/{edition.pk}/pause", follow=True).text
    edition.refresh_from_db()
    assert not edition.is_paused
    assert "2 digests" in asked
    assert 'action="/admin/newsletter/edition/"' in asked


def test_an_edition_opens_and_its_note_is_saved(admin_client, edition):
    page = f"/admin/newsletter/edition/{edition.pk}/change/"
    assert admin_client.get(page).status_code == 200
    form = {
        "note": "A word from me",
        "placements-TOTAL_FORMS": 0,
        "placements-INITIAL_FORMS": 0,
    }
    admin_client.post(page, form)
    edition.refresh_from_db()
    assert edition.note == "A word from me"


def test_a_note_that_is_saved_while_a_brake_stops_the_edition_does_not_let_it_go_on(admin_client, edition, monkeypatch):
    def stopped_meanwhile(form):
        Edition.objects.get().pause("half of the letters were refused")
        return edition_is_valid(form)

    edition_is_valid = EditionAdmin.form.is_valid
    monkeypatch.setattr(EditionAdmin.form, "is_valid", stopped_meanwhile)
    form = {"note": "A word from me", "placements-TOTAL_FORMS": 0, "placements-INITIAL_FORMS": 0}
    admin_client.post(f"/admin/newsletter/edition/{edition.pk}/change/", form)
    edition.refresh_from_db()
    assert (edition.note, edition.is_paused) == ("A word from me", True)


def test_an_edition_shows_what_the_look_before_sending_found(admin_client, edition):
    page = f"/admin/newsletter/edition/{edition.pk}/change/"
    assert "not yet; it comes before the first letter leaves" in admin_client.get(page).content.decode()
    edition.mark_checked(["too large: <90 kB", "a link leads nowhere"], now=MORNING)
    text = admin_client.get(page).content.decode()
    assert "too large: &lt;90 kB<br>a link leads nowhere" in text
    assert "29\u00a0Jul\u00a02025, 07:00\u00a0UTC" in text


def test_the_sidebar_leads_to_the_gallery_the_weights_and_the_imports(admin_client):
    page = admin_client.get("/admin/").content.decode()
    for path in ("/letters/", "newsletter/recipe/", "papers/suggestion/", "subscribers/importrun/"):
        assert f'{path}"' in page


def test_a_digest_is_found_by_its_number_or_its_readers_whole_address_in_any_case(admin_client, edition):
    first, second = Digest.objects.order_by("pk")
    shown = {first: f">{first.subscriber.email}<", second: f">{second.subscriber.email}<"}
    for asked in (str(first.pk), first.subscriber.email.upper()):
        page = admin_client.get("/admin/newsletter/digest/", {"q": asked}).text
        assert shown[first] in page
        assert shown[second] not in page
    part_of_both = admin_client.get("/admin/newsletter/digest/", {"q": "reader"}).text
    assert not any(cell in part_of_both for cell in shown.values())

"""The editor's desk for papers, topics and sources."""

import datetime as dt
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from papers.ingestion import ingest
from papers.models import Paper, PaperTopic, Source, SourceRun, Topic
from papers.sources import Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers():
    call_command("load_topics", stdout=StringIO())
    now = timezone.now()
    records = [Record(title=f"Dense Retrieval {number}", abstract="On search engines.") for number in range(30)]
    ingest(records, kind="csv", day=now.date(), now=now)
    return Paper.objects.all()


@pytest.mark.parametrize("model", ["paper", "topic", "source", "sourcerun", "suggestion"])
def test_each_list_opens_with_few_queries(model, papers, admin_client, django_assert_max_num_queries):
    run = {"kind": "csv", "started_at": timezone.now()}
    SourceRun.objects.bulk_create(SourceRun(**run, source=Source.objects.first()) for _ in range(20))
    with django_assert_max_num_queries(14):
        assert admin_client.get(reverse(f"admin:papers_{model}_changelist")).status_code == 200


def test_a_topic_is_written_one_phrase_a_line(papers, admin_client):
    topic = Topic.objects.get(slug="rag")
    page = reverse("admin:papers_topic_change", args=[topic.pk])
    assert "retrieval-augmented" in admin_client.get(page).content.decode()
    data = {"name": "Search", "slug": "rag", "phrases": "one phrase\n\n ~two ", "arxiv_hints": "cs.IR", "position": 1}
    assert admin_client.post(page, {**data, "is_active": "on"}).status_code == 302
    topic.refresh_from_db()
    assert (topic.phrases, topic.arxiv_hints) == (["one phrase", "~two"], ["cs.IR"])


def test_what_would_move_is_shown_first_and_moved_after_a_yes(papers, admin_client):
    Topic.objects.filter(slug="rag").update(phrases=[])
    Topic.objects.filter(slug="code").update(phrases=["dense retrieval"])
    topic = Topic.objects.get(slug="code")
    question = {"action": "find_topics_again", "_selected_action": topic.pk}
    page = reverse("admin:papers_topic_changelist")
    assert "30 of 30 recent papers would move" in admin_client.post(page, question).content.decode()
    assert not PaperTopic.objects.filter(topic=topic).exists()
    admin_client.post(page, {**question, "confirmed": "yes"})
    assert PaperTopic.objects.filter(topic=topic).count() == 30


def test_what_an_editor_writes_is_not_overwritten_by_a_source(papers, admin_client):
    paper = papers.get(title="Dense Retrieval 1")
    page = reverse("admin:papers_paper_change", args=[paper.pk])
    form = admin_client.get(page).context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: "" if value == [] else value for name, value in data.items() if value not in (None, "") and name}
    data = {name: value for name, value in data.items() if value is not False}
    data |= {"title": "Dense retrieval, corrected", "paper_topics-TOTAL_FORMS": 0, "paper_topics-INITIAL_FORMS": 0}
    answer = admin_client.post(page, data)
    assert answer.status_code == 302, answer.context["errors"]
    paper.refresh_from_db()
    assert (paper.title, paper.text_from) == ("Dense retrieval, corrected", "person")
    now = timezone.now()
    again = Record(title="Dense Retrieval 1", abstract="Else.")
    assert ingest([again], kind="arxiv-api", day=now.date(), now=now).new == 0
    paper.refresh_from_db()
    assert paper.title == "Dense retrieval, corrected"


def test_a_source_is_asked_again_when_the_editor_wants(admin_client):
    source = Source.objects.first()
    Source.objects.update(next_fetch_at=timezone.now() + dt.timedelta(days=1))
    data = {"action": "ask_now", "_selected_action": source.pk, "confirmed": "yes"}
    admin_client.post(reverse("admin:papers_source_changelist"), data)
    source.refresh_from_db()
    assert source.next_fetch_at <= timezone.now()


def test_the_authors_of_a_paper_are_written_one_a_line(papers, admin_client):
    paper = papers.first()
    Paper.objects.filter(pk=paper.pk).update(authors=["Ada Lovelace", "Alan Turing"])
    page = reverse("admin:papers_paper_change", args=[paper.pk])
    assert "Ada Lovelace\nAlan Turing</textarea>" in admin_client.get(page).text
    data = {"title": paper.title, "authors": "Ada King\n\n Alan Turing ", "featured_on": paper.featured_on}
    data |= dict.fromkeys(("votes", "reader_votes", "comments", "stars", "boost"), 0)
    data |= {"paper_topics-TOTAL_FORMS": 0, "paper_topics-INITIAL_FORMS": 0}
    answer = admin_client.post(page, data)
    assert answer.status_code == 302, answer.context["errors"]
    paper.refresh_from_db()
    assert paper.authors == ["Ada King", "Alan Turing"]


def test_the_page_of_a_source_has_the_button_that_helps(admin_client):
    source = Source.objects.first()
    Source.objects.update(next_fetch_at=timezone.now() + dt.timedelta(days=1))
    page = reverse("admin:papers_source_change", args=[source.pk])
    assert "Ask again now" in admin_client.get(page).text
    data = {"name": source.name, "kind": source.kind, "address": source.address, "every_minutes": 60}
    admin_client.post(page, data | {"is_enabled": "on", "papers_source_ask_this_now": "1", "_continue": "1"})
    source.refresh_from_db()
    assert source.next_fetch_at <= timezone.now()


def test_rows_that_are_one_paper_are_joined_after_a_look(papers, admin_client):
    one, other = Paper.objects.order_by("pk")[:2]
    Paper.objects.filter(pk=other.pk).update(arxiv_id="2507.00001", identity="arxiv:2507.00001", votes=3, abstract="")
    Paper.objects.filter(pk=one.pk).update(votes=9, code_url="https://code.example/one")
    page = reverse("admin:papers_paper_changelist")
    chosen = {"action": "join_them", "_selected_action": [one.pk, other.pk]}
    assert "2507.00001" in admin_client.post(page, chosen).content.decode()
    assert not Paper.objects.filter(is_hidden=True).exists(), "a look changes nothing"
    admin_client.post(page, {**chosen, "confirmed": "yes"})
    kept, gone = Paper.objects.get(pk=other.pk), Paper.objects.get(pk=one.pk)
    assert (kept.is_hidden, kept.votes, kept.code_url) == (False, 9, "https://code.example/one")
    assert kept.abstract == one.abstract
    assert gone.is_hidden
    assert LogEntry.objects.filter(object_id__in=[kept.pk, gone.pk]).count() == 2


def test_one_row_alone_is_not_joined_with_anything(papers, admin_client):
    chosen = {"action": "join_them", "_selected_action": [papers.first().pk], "confirmed": "yes"}
    admin_client.post(reverse("admin:papers_paper_changelist"), chosen)
    assert not Paper.objects.filter(is_hidden=True).exists()


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"every_minutes": "0"}, "Five minutes at least"),
        ({"kind": "feed", "address": ""}, "This kind needs an address"),
    ],
)
def test_a_source_that_could_not_be_asked_or_too_often_is_refused(admin_client, values, word):
    source = {"name": "A feed", "kind": "huggingface", "address": "", "every_minutes": "60", "is_enabled": "on"}
    assert word in admin_client.post(reverse("admin:papers_source_add"), source | values).text
    assert not Source.objects.filter(name="A feed").exists()


def by_hand(client, **values):
    page = reverse("admin:papers_paper_add")
    form = client.get(page).context["adminform"].form
    empty = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in empty.items() if value not in (None, False) or value == 0}
    sent |= {"paper_topics-TOTAL_FORMS": 0, "paper_topics-INITIAL_FORMS": 0, "featured_on": "2026-11-28"}
    return client.post(page, {name: value for name, value in (sent | values).items() if value is not False})


def test_a_paper_by_hand_takes_names_line_by_line_and_an_id_in_any_spelling(admin_client):
    written = {
        "title": "By hand",
        "arxiv_id": "https://arxiv.org/abs/2507.00001v3",
        "authors": "Ada Lovelace\n\nGrace Hopper",
    }
    assert by_hand(admin_client, **written).status_code == 302
    paper = Paper.objects.get()
    assert (paper.identity, paper.authors) == ("arxiv:2507.00001", ["Ada Lovelace", "Grace Hopper"])


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"title": "By Hand."}, "This paper is here already: “By hand”"),
        ({"title": "Else", "arxiv_id": "nonsense"}, "no arXiv id that we can read"),
        ({"title": "Else", "boost": "1e9"}, "From -10 to 10"),
    ],
)
def test_a_paper_that_is_here_already_or_nonsense_is_refused_in_words(admin_client, values, word):
    by_hand(admin_client, title="By hand")
    assert word in by_hand(admin_client, **values).text
    assert Paper.objects.count() == 1

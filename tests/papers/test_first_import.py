"""A page of papers becomes papers, once."""

import datetime as dt
import gzip
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from papers.ingestion import join
from papers.models import Paper, SourceRun, Topic
from tests.stub import Stub

pytestmark = pytest.mark.django_db

DAY = dt.date(2025, 7, 29)
TITLE = "A Small Study of Evening Rivers"
ABSTRACT = "We watched forty rivers at dusk and wrote down what they said. " * 5


def page(*pairs):
    head = "new\n\nSubscribe\n\nDaily Papers\n\nbyAK and the research community\n\nJul 29\n\n"
    return head + "\n\n".join(block for pair in pairs for block in pair)


def load(path, source="saved-page", **options):
    out = StringIO()
    call_command("import_papers", str(path), source=source, json=True, stdout=out, stderr=StringIO(), **options)
    return json.loads(out.getvalue())


def entry(**paper):
    return {"paper": {"id": "2507.00001", "title": TITLE, "summary": ABSTRACT, "authors": [], **paper}}


@pytest.fixture
def write(tmp_path):
    def write(content, name="input"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


def test_a_saved_page_imported_twice_gives_each_paper_once(write):
    path = write(page((TITLE, ABSTRACT), ("Second Title", ABSTRACT)))
    assert load(path, day=DAY) == {"new": 2, "changed": 0, "same": 0, "rejected": 0}
    assert load(path, day=DAY) == {"new": 0, "changed": 0, "same": 2, "rejected": 0}
    assert Paper.objects.get(title=TITLE).featured_on == DAY


def test_a_paper_known_by_title_becomes_the_one_with_an_arxiv_id(write):
    load(write(page((TITLE, ABSTRACT))))
    day = [entry(upvotes=12, title="A small study of\n  evening rivers", authors=[{"name": "Ada Reed"}])]
    assert load(write(day), source="huggingface")["changed"] == 1
    paper = Paper.objects.get()
    assert (paper.identity, paper.votes, paper.authors) == ("arxiv:2507.00001", 12, ["Ada Reed"])
    assert paper.title == "A small study of evening rivers"


@pytest.mark.parametrize(
    ("content", "source", "says"),
    [
        ("", "saved-page", "empty"),
        ("", "huggingface", "empty"),
        ("<html><p>A shop of shoes</p></html>", "saved-page", "no Daily Papers page"),
        ("Dear diary, nothing came today.", "saved-page", "no Daily Papers page"),
        ('[{"paper": {"id": "2507', "huggingface", "no JSON"),
        ('{"error": "not found"}', "huggingface", "not found"),
        ("[1, 2]", "huggingface", "no list of papers"),
    ],
)
def test_bad_input_is_refused_in_words_and_changes_nothing(write, content, source, says):
    with pytest.raises(CommandError, match=says):
        load(write(content), source=source)
    assert not Paper.objects.exists()


def test_an_entry_without_a_title_is_rejected_and_the_rest_goes_on(write):
    day = [entry(), entry(id="2507.00002", title=" \n ")]
    assert load(write(day), source="huggingface") == {"new": 1, "changed": 0, "same": 0, "rejected": 1}


def test_nothing_but_rejections_is_an_error(write):
    with pytest.raises(CommandError, match="every entry was rejected"):
        load(write([entry(title="")]), source="huggingface")


def test_a_dry_run_counts_and_writes_nothing(write):
    assert load(write([entry()]), source="huggingface", dry_run=True)["new"] == 1
    assert not Paper.objects.exists()


def test_a_month_asked_of_hugging_face_by_hand_is_read_to_its_last_page_and_a_file_on_the_web_once(settings):
    settings.FETCH_HOSTS = ["127.0.0.1"]
    numbers = [range(100), range(100, 130), range(100)]
    pages = [[entry(id=f"2507.{n:05}", title=f"River {n}") for n in some] for some in numbers]
    with Stub([(200, {}, json.dumps(one).encode()) for one in pages]) as stub:
        assert load(f"{stub.url}api/daily_papers?month=2025-07", source="huggingface")["new"] == 130
        assert load(f"{stub.url}july.json", source="huggingface")["same"] == 100
    asked = [path for path, _, _ in stub.requests]
    assert asked[1:] == ["/api/daily_papers?month=2025-07&limit=100&p=1", "/july.json"]


def test_a_paper_of_three_thousand_authors_comes_in_whole(write):
    names = [{"name": f"Ada Reed {number}"} for number in range(3000)]
    assert load(write([entry(authors=names)]), source="huggingface")["new"] == 1
    assert len(Paper.objects.get().authors) == 3000


def test_a_new_installation_knows_its_topics_and_papers_find_theirs(write):
    text = "We study dense retrieval and re-ranking for question answering. " * 4
    load(write([entry(title="Dense Retrieval for Small Libraries", summary=text)]), source="huggingface")
    assert Topic.objects.count() == 28
    assert "rag" in Paper.objects.get().topics.values_list("slug", flat=True)


def test_samples_show_until_the_first_real_paper_comes(write):
    for _ in range(2):
        call_command("load_samples", stdout=StringIO())
    count = Paper.objects.published().count()
    assert count >= 40
    assert Topic.objects.exclude(papers__is_sample=True).count() == 0
    load(write([entry()]), source="huggingface", dry_run=True)
    assert Paper.objects.published().count() == count
    load(write([entry()]), source="huggingface")
    assert [paper.title for paper in Paper.objects.published()] == [TITLE]


def test_the_real_page_gives_105_papers(shared_data):
    path = shared_data / "daily-papers-page.txt"
    assert load(path, day="2025-07-29") == {"new": 105, "changed": 0, "same": 0, "rejected": 0}
    assert load(path, day="2025-07-29")["same"] == 105


def test_the_real_days_come_in_without_stray_newlines(shared_data):
    for path in sorted((shared_data / "hf" / "days").glob("*.json")):
        assert load(path, source="huggingface")["rejected"] == 0
    assert Paper.objects.count() == 224
    assert not [paper for paper in Paper.objects.all() if "\n" in paper.title + paper.abstract]


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>{id}</id><title>{title}</title>
<summary>{summary}</summary><category term="cs.RO"/><published>2025-07-28T00:00:00Z</published>{more}</entry></feed>"""


def test_the_same_paper_from_page_api_and_feed_is_one_paper(write):
    """In any order; arXiv's own words win over those that have lost their maths."""
    written = "Rivers at $x^2$"
    atom = {"id": "http://arxiv.org/abs/2507.00001v2", "title": written, "summary": "Of $x^2$.", "more": ""}
    feed = {"id": "oai:arXiv.org:2507.00001v1", "title": written, "summary": "Announce Type: new", "more": ""}
    load(write(ATOM.format(**atom)), source="arxiv-api")
    load(write(page(("Rivers at x^2", ABSTRACT))))
    load(write([entry(title="Rivers at x^2", upvotes=3)]), source="huggingface")
    load(write(ATOM.format(**feed)), source="arxiv-feed")
    load(write("title,doi\nRivers at x^2,10.48550/arXiv.2507.00001"), source="csv")
    paper = Paper.objects.get()
    assert (paper.title, paper.abstract, paper.votes) == ("Rivers at x²", "Of x².", 3)
    assert (paper.arxiv_version, paper.categories) == (2, ["cs.RO"])
    assert paper.snapshots.count() == 1


def test_two_rows_that_turn_out_to_be_one_work_are_seen_once(write):
    load(write("title,doi\nRivers of the Evening,10.1000/1"), source="csv")
    load(write([entry()]), source="huggingface")
    more = '<doi xmlns="http://arxiv.org/schemas/atom">10.1000/1</doi>'
    atom = {"id": "http://arxiv.org/abs/2507.00001v1", "title": TITLE, "summary": ABSTRACT, "more": more}
    load(write(ATOM.format(**atom)), source="arxiv-api")
    assert [paper.arxiv_id for paper in Paper.objects.published()] == ["2507.00001"]


def test_what_comes_by_title_goes_to_the_row_that_is_seen_and_not_to_the_one_joined_to_it(write):
    load(write("title,votes\nRivers of the Evening,1"), source="csv")
    (first,) = Paper.objects.all()
    second = Paper.objects.create(
        identity="arxiv:2507.00001",
        arxiv_id="2507.00001",
        title=first.title,
        title_key=first.title_key,
        featured_on=DAY,
    )
    join([first, second])
    load(write("title,votes\nRivers of the Evening,7"), source="csv")
    assert [(paper.pk, paper.votes) for paper in Paper.objects.published()] == [(second.pk, 7)]


def test_each_import_is_a_run_with_its_counts_or_its_error(write):
    load(write([entry(), entry(title="")]), source="huggingface")
    with pytest.raises(CommandError):
        load(write("nonsense"), source="huggingface")
    bad, good = SourceRun.objects.order_by("-pk")
    assert (good.new, good.rejected, good.rejections) == (1, 1, ["2: 2507.00001: has no title"])
    assert "no JSON" in bad.error
    assert good.finished_at >= good.started_at


@pytest.mark.parametrize("name", ["archive.jsonl", "ARCHIVE.JSONL", "archive.ndjson"])
def test_one_array_under_the_name_of_an_archive_in_lines_is_read_too(write, name):
    entries = [entry(), entry(id="2507.00002", title="Morning Lakes")]
    assert load(write(json.dumps(entries, indent=1), name), source="huggingface")["new"] == 2
    assert load(write("\n".join(map(json.dumps, entries)), name), source="huggingface")["same"] == 2


def test_an_archive_in_lines_goes_on_where_it_was_cut(tmp_path):
    lines = [json.dumps({"id": f"2507.0{n:04}", "title": f"Rivers {n}", "upvotes": n}) for n in range(1200)]
    whole, cut = tmp_path / "whole.jsonl.gz", tmp_path / "cut.jsonl.gz"
    whole.write_bytes(gzip.compress("\n".join(lines).encode()))
    cut.write_bytes(whole.read_bytes()[:-1000])
    with pytest.raises(CommandError, match="What came before it is in"):
        load(cut, source="huggingface")
    before = Paper.objects.count()
    assert 0 < before < 1200
    assert load(whole, source="huggingface") == {"new": 1200 - before, "changed": 0, "same": before, "rejected": 0}


def test_two_works_of_one_title_by_other_people_are_two_papers(write):
    rows = 'title,authors\nEditorial,"Ada Reed"\nEditorial,"Bo Lake"\n'
    assert load(write(rows), source="csv")["new"] == 2
    assert load(write(rows), source="csv")["same"] == 2

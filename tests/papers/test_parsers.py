"""Every kind of source, in its own form, with invented papers."""

import datetime as dt
import html
import json

import pytest

from papers.sources import READERS, Record, SourceError

ABSTRACT = "We watched forty rivers at dusk and wrote down what they said. " * 5


def parse(kind, text):
    return READERS[kind].parse(text.encode() if isinstance(text, str) else text)


def only(kind, text) -> Record:
    parsed = parse(kind, text)
    assert parsed.rejections == ()
    assert len(parsed.records) == 1
    return parsed.records[0]


# --- Hugging Face ------------------------------------------------------------------------------------------


def entry(**paper):
    return {
        "paper": {"id": "2507.00001", "title": "Evening\n  Rivers", "summary": ABSTRACT, **paper},
        "publishedAt": "2025-07-28T20:00:00.000Z",
        "numComments": 3,
    }


def test_a_day_of_hugging_face_is_read_with_the_inner_dates():
    record = only(
        "huggingface",
        json.dumps(
            [
                entry(
                    publishedAt="2025-07-29T00:00:00.000Z",
                    submittedOnDailyAt="2025-07-30T00:00:00.000Z",
                    authors=[{"name": "Ada Reed"}, {"name": "Ghost", "hidden": True}, {"name": " Bo  Lake "}],
                    upvotes=7,
                    ai_keywords=["rivers", "", "rivers"],
                    githubRepo="https://code.example/rivers",
                    projectPage="javascript:alert(1)",
                    organization={"name": "ri", "fullname": "River Institute"},
                )
            ]
        ),
    )
    assert record.title == "Evening Rivers"
    assert record.authors == ("Ada Reed", "Bo Lake")
    assert (record.published_on, record.featured_on) == (dt.date(2025, 7, 29), dt.date(2025, 7, 30))
    assert (record.votes, record.comments, record.keywords) == (7, 3, ("rivers",))
    assert (record.code_url, record.project_url) == ("https://code.example/rivers", "")
    assert record.organization == "River Institute"


def test_a_withdrawn_paper_is_rejected_with_the_reason():
    parsed = parse("huggingface", json.dumps([entry(), entry(withdrawnAt="2025-08-01T00:00:00Z")]))
    assert [rejection.why for rejection in parsed.rejections] == ["was withdrawn on 2025-08-01"]


def day_page(entries, quote='"', before=""):
    props = {"dateString": "2026-03-30", "periodType": "day", "isTrending": False, "dailyPapers": entries}
    attribute = f"data-props={quote}{html.escape(json.dumps(props))}{quote}"
    order = f'{attribute} data-target="DailyPapers"' if before else f'data-target="DailyPapers" {attribute}'
    return f'<!doctype html><html><body><div class="x" {order}></div></body></html>'


@pytest.mark.parametrize("form", [{}, {"quote": "'", "before": "yes"}])
@pytest.mark.parametrize("kind", ["huggingface-page", "saved-page"])
def test_a_day_page_is_read_from_the_json_inside_it(kind, form):
    parsed = parse(kind, day_page([entry()], **form))
    assert (parsed.records[0].arxiv_id, parsed.day) == ("2507.00001", dt.date(2026, 3, 30))


def test_the_page_of_a_day_without_papers_holds_none_and_is_no_error():
    parsed = parse("huggingface-page", day_page([]))
    assert (parsed.records, parsed.rejections, parsed.day) == ((), (), dt.date(2026, 3, 30))


ARTICLE = """<article><h3><a href="/papers/2507.0000{n}">Rivers {n}</a></h3>
<div class="leading-none">{n}2</div><p>{abstract}</p></article>"""


def test_a_page_without_the_json_is_read_from_its_markup():
    page = "<html><body>" + "".join(ARTICLE.format(n=n, abstract=ABSTRACT) for n in (1, 2)) + "</body></html>"
    first, second = parse("huggingface-page", page).records
    assert (first.title, first.arxiv_id, first.votes) == ("Rivers 1", "2507.00001", 12)
    assert second.abstract == ABSTRACT.strip()


# --- The saved page -----------------------------------------------------------------------------------------

HEAD = "new\n\nSubscribe\n\nDaily Papers\n\nbyAK and the research community\n\nJul 29\n\n"


def test_a_linked_page_gives_ids_votes_and_dates():
    page = HEAD + "\n\n".join(
        ["12", "### [Rivers at Dusk](/papers/2507.00001)", ABSTRACT, "3 authors", "·", "Jul 3, 2024", "2"]
        + ["-", "### [Lakes at Dawn](/papers/2507.00002)", ABSTRACT, "River Institute", "·", "Jul 28"]
    )
    first, second = parse("saved-page", page).records
    assert (first.title, first.arxiv_id, first.votes) == ("Rivers at Dusk", "2507.00001", 12)
    assert first.published_on == dt.date(2024, 7, 3)
    assert first.abstract == ABSTRACT.strip()
    assert (second.arxiv_id, second.votes) == ("2507.00002", None)


def test_a_page_without_a_day_and_one_with_marked_votes_are_read():
    assert [record.title for record in parse("saved-page", f"Daily Papers\n\nOne\n\n{ABSTRACT}").records] == ["One"]
    page = f"Daily Papers\n\nJul 29\n\n[7]\n\n### [One](https://arxiv.org/abs/2507.00001)\n\n{ABSTRACT}\n\n[-]\n"
    record = only("saved-page", page)
    assert (record.arxiv_id, record.votes, record.abstract) == ("2507.00001", 7, ABSTRACT.strip())


def test_a_page_of_one_paper_is_read():
    props = html.escape(json.dumps(entry()))
    page = f"<html><div data-props='{props}' data-target='PaperContent'></div></html>"
    assert only("huggingface-page", page).arxiv_id == "2507.00001"


def test_a_missing_abstract_is_told_and_shifts_nothing():
    page = HEAD + "\n\n".join(["One", ABSTRACT, "Two", "Three", ABSTRACT, "Four", ABSTRACT])
    parsed = parse("saved-page", page)
    assert [record.title for record in parsed.records] == ["One", "Three", "Four"]
    assert [rejection.why for rejection in parsed.rejections] == ["is a title without an abstract"]


def test_a_missing_title_is_told_and_shifts_nothing():
    long = ABSTRACT * 5
    page = HEAD + "\n\n".join(["One", long, long, "Three", long])
    parsed = parse("saved-page", page)
    assert [record.title for record in parsed.records] == ["One", "Three"]
    assert [rejection.why for rejection in parsed.rejections] == ["is an abstract without a title"]


def test_an_abstract_of_two_paragraphs_is_one():
    page = HEAD + "\n\n".join(["One", ABSTRACT, "Code is at https://a.example/code.", "Two", ABSTRACT])
    one, two = parse("saved-page", page).records
    assert one.abstract.endswith("https://a.example/code.")
    assert two.title == "Two"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_page_as_html_without_its_json_is_read_like_the_text(newline):
    body = "".join(f"<h3>{title}</h3>{newline}<p>{ABSTRACT}</p>" for title in ("One", "Two"))
    page = f"<html><body><h1>Daily Papers</h1><p>Jul 29</p>{body}</body></html>"
    assert [record.title for record in parse("saved-page", page).records] == ["One", "Two"]


# --- arXiv --------------------------------------------------------------------------------------------------

ATOM = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom"><id>x</id>{entries}</feed>"""
API_ENTRY = """<entry><id>http://arxiv.org/abs/math/0601001v3</id><title>Rivers,
  Again</title><updated>2026-01-02T00:00:00Z</updated><summary>  Two  lines
here. </summary><category term="math.NA"/><category term="65N30"/><published>2006-01-02T00:00:00Z</published>
<arxiv:primary_category term="math.NA"/><author><name>Zoë Lindt</name><arxiv:affiliation>Lake</arxiv:affiliation>
</author><arxiv:doi>10.1000/ABC.1</arxiv:doi></entry>"""
API_ERROR = """<entry><id>https://arxiv.org/api/errors#bad</id><title>Error</title><summary>bad id</summary></entry>"""


def test_an_answer_of_the_arxiv_api_is_read():
    record = only("arxiv-api", ATOM.format(entries=API_ENTRY))
    assert (record.arxiv_id, record.arxiv_version, record.doi) == ("math/0601001", 3, "10.1000/abc.1")
    assert (record.title, record.abstract, record.authors) == ("Rivers, Again", "Two lines here.", ("Zoë Lindt",))
    assert record.categories == ("cs.NA",)
    assert record.published_on == dt.date(2006, 1, 2)


def test_an_error_in_the_form_of_a_feed_is_an_error():
    with pytest.raises(SourceError, match="bad id"):
        parse("arxiv-api", ATOM.format(entries=API_ERROR))


def test_an_empty_answer_is_no_error():
    assert parse("arxiv-api", ATOM.format(entries="")).records == ()


FEED_ENTRY = """<entry><id>oai:arXiv.org:2508.1342{n}v{v}</id><title>Lakes {n}</title>
<link href="https://arxiv.org/abs/2508.1342{n}" rel="alternate"/><summary>arXiv:2508.1342{n}v{v} Announce Type: {kind}
Abstract: What lakes say.</summary><category term="cs.CL"/><published>2025-08-20T00:00:00-04:00</published>
<arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Ada Reed,
 Andr\\'e Lima de Castro</dc:creator></entry>"""


def test_a_feed_of_arxiv_gives_each_paper_once_and_old_ones_their_month():
    entries = [
        FEED_ENTRY.format(n=n, v=v, kind=kind) for n, v, kind in [(1, 1, "new"), (1, 1, "cross"), (2, 4, "replace")]
    ]
    new, old = parse("arxiv-feed", ATOM.format(entries="".join(entries))).records
    assert (new.arxiv_id, new.abstract, new.featured_on) == ("2508.13421", "What lakes say.", dt.date(2025, 8, 20))
    assert new.authors == ("Ada Reed", "Andr\\'e Lima de Castro")
    assert (old.arxiv_version, old.featured_on) == (4, dt.date(2025, 8, 1))


RSS = """<rss version="2.0"><channel><title>t</title>
<pubDate>Mon, 22 Sep 2025 00:00:00 -0400</pubDate>{items}</channel></rss>"""
RSS_ITEM = """<item><title>Ponds &amp; Pools</title><link>https://arxiv.org/abs/2509.15237</link>
<description>arXiv:2509.15237v1 Announce Type: new
Abstract: Ponds matter.</description><guid isPermaLink="false">oai:arXiv.org:2509.15237v1</guid>
<pubDate>Mon, 22 Sep 2025 00:00:00 -0400</pubDate></item>"""


def test_the_rss_form_is_read_as_well():
    record = only("arxiv-feed", RSS.format(items=RSS_ITEM))
    assert (record.arxiv_id, record.title, record.abstract) == ("2509.15237", "Ponds & Pools", "Ponds matter.")
    assert record.featured_on == dt.date(2025, 9, 22)


OAI = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>
<record><header><identifier>oai:arXiv.org:1401.00001</identifier></header><metadata>
<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>1401.00001</id><created>2014-01-09</created><authors>
<author><keyname>Reed</keyname><forenames>Ada</forenames></author><author><keyname>RIVERS</keyname></author>
</authors><title>Rivers</title><categories>cs.CL cs.IR</categories><abstract> Text. </abstract></arXiv>
</metadata></record>
<record><header status="deleted"><identifier>oai:arXiv.org:1401.00002</identifier></header></record>
</ListRecords></OAI-PMH>"""


def test_a_harvest_is_read_and_deleted_records_are_told():
    parsed = parse("arxiv-oai", OAI)
    assert parsed.records[0].authors == ("Ada Reed", "RIVERS")
    assert parsed.records[0].categories == ("cs.CL", "cs.IR")
    assert [rejection.why for rejection in parsed.rejections] == ["was deleted at arXiv"]


def test_the_raw_form_of_a_harvest_gives_names_without_their_places_and_the_first_day():
    raw = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><header/><metadata>
    <arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>math/0309136</id><version version="v1">
    <date>Fri, 28 Aug 2026 22:22:10 GMT</date></version><version version="v9"/><title>Rivers</title>
    <authors>Ada Reed (1), Bo Lake (2) ((1) Here, (2) There) and Cy Pond</authors></arXivRaw></metadata></record>
    </GetRecord></OAI-PMH>"""
    record = only("arxiv-oai", raw)
    assert (record.arxiv_id, record.arxiv_version) == ("math/0309136", 9)
    assert record.authors == ("Ada Reed", "Bo Lake", "Cy Pond")
    assert record.published_on == dt.date(2026, 8, 28)


# --- Feeds, lists, single papers ----------------------------------------------------------------------------

OTHER_FEED = RSS.format(
    items="""<item><title>Ponds</title><link>https://journal.example/1</link><description>&lt;p&gt;About
&lt;b&gt;ponds&lt;/b&gt;.&lt;/p&gt;</description><author>Ada Reed, Bo Lake</author><guid>https://doi.org/10.1000/1</guid></item>"""
)


def test_any_feed_is_read():
    record = only("feed", OTHER_FEED)
    assert (record.title, record.abstract, record.doi) == ("Ponds", "About ponds .", "10.1000/1")
    assert (record.authors, record.url) == (("Ada Reed", "Bo Lake"), "https://journal.example/1")


def test_a_list_in_bibtex_is_read():
    text = """@comment{no} @article{reed, title = {Evening {Rivers} and "Lakes"}, author = "Reed, Ada and Bo Lake",
      year = 2024, month = mar, eprint = {2403.00001v2}, archivePrefix = {arXiv}, doi={10.48550/arXiv.2403.00001}}
      @misc{open, author = {X}"""
    parsed = parse("bibtex", text)
    record = parsed.records[0]
    assert (record.title, record.authors) == ('Evening Rivers and "Lakes"', ("Ada Reed", "Bo Lake"))
    assert (record.arxiv_id, record.arxiv_version, record.doi) == ("2403.00001", 2, "")
    assert record.published_on == dt.date(2024, 3, 1)
    assert [rejection.why for rejection in parsed.rejections] == ["has no title"]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_list_as_csv_is_read(sign):
    rows = [
        ["Title", "Authors", "URL", "Votes"],
        ["Rivers", "Ada Reed and Bo Lake", "https://arxiv.org/abs/2403.00001", "5"],
    ]
    record = only("csv", "\n".join(sign.join(row) for row in rows))
    assert (record.title, record.arxiv_id, record.votes) == ("Rivers", "2403.00001", 5)
    assert record.authors == ("Ada Reed", "Bo Lake")


def test_a_csv_without_a_title_column_says_so():
    with pytest.raises(SourceError, match="title"):
        parse("csv", "a,b\n1,2")


def test_one_paper_is_read_from_its_citation_or_its_page():
    citation = {
        "title": "Rivers",
        "author": [{"given": "Ada", "family": "Reed"}],
        "DOI": "10.1000/X",
        "issued": {"date-parts": [[2024, 3]]},
    }
    record = only("paper", json.dumps(citation))
    assert (record.authors, record.doi, record.published_on) == (("Ada Reed",), "10.1000/x", dt.date(2024, 3, 1))
    page = '<meta name="citation_title" content="Lakes"><meta name="citation_author" content="Bo Lake">'
    assert only("paper", page).authors == ("Bo Lake",)
    with pytest.raises(SourceError, match="which paper"):
        parse("paper", "<html><p>Hello</p></html>")


# --- Real answers -------------------------------------------------------------------------------------------


def test_the_real_answers_of_arxiv_are_read(shared_data):
    folder = shared_data / "arxiv"
    counts = {
        path.name[:12]: len(READERS[kind].parse(path.read_bytes()).records)
        for kind, pattern in [("arxiv-api", "api/q_*.xml"), ("arxiv-feed", "feeds/*.xml"), ("arxiv-oai", "oai/*.xml")]
        for path in folder.glob(pattern)
    }
    assert counts["q_testing_s0"] == 10
    assert min(counts.values()) >= 1


def test_the_real_day_page_is_read_whole(shared_data):
    parsed = READERS["huggingface-page"].parse((shared_data / "hf" / "html" / "day_2026-03-30.html").read_bytes())
    assert len(parsed.records) == 15
    assert parsed.rejections == ()
    assert parsed.day == dt.date(2026, 3, 30)


def test_a_second_pair_of_braces_around_a_title_is_no_part_of_it():
    body = b'@article{a, title = {{The {River} of {\\"O}l}}, eprint = {2401.00001}}'
    assert READERS["bibtex"].parse(body).records[0].title == 'The River of {\\"O}l'


@pytest.mark.parametrize("head", ["Paper Title|arXiv ID", "Title;arXiv ID", "\ufeffname\tarxiv"])
def test_a_list_is_read_whatever_stands_between_its_columns(head):
    sign = next(sign for sign in "|;\t" if sign in head)
    (paper,) = READERS["csv"].parse(f"{head}\nA river, a lake{sign}2401.00001\n".encode()).records
    assert (paper.title, paper.arxiv_id) == ("A river, a lake", "2401.00001")

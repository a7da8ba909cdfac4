"""The same papers in the forms that other people, programs and years give them."""

import datetime as dt
import html
import json

import pytest
from test_parsers import ABSTRACT, API_ENTRY, ATOM, FEED_ENTRY, HEAD, OAI, RSS, day_page, entry, only, parse

from papers.sources import READERS, Request, SourceError
from papers.sources.base import arxiv_id_as, arxiv_id_in, count
from papers.sources.dates import day_of

JULY = dt.date(2025, 7, 29)


@pytest.mark.parametrize(
    "written",
    ["2025-07-29T23:00:00Z", "20250729", "2025/7/29", "29.07.2025", "07/29/2025", "Jul 29, 2025", "29th July 2025"]
    + ["Tue, 29 Jul 2025 00:00:00 -0400", "1753747200", 1753747200, 1753747200000, 1753747200.5],
)
def test_a_day_is_read_however_it_is_written(written):
    assert day_of(written) == JULY


@pytest.mark.parametrize(
    "written",
    ["3/4/2025", "2025-02-30", "soon", "", 12, True, None, float("nan"), 10**400]
    + ["0001-01-01T00:00:00Z", "00010101", "9999-12-31"],
)
def test_what_names_no_day_or_two_is_none(written):
    assert day_of(written) is None


def test_ids_are_known_in_all_their_dresses():
    assert arxiv_id_in("math.GT/0309136v2") == ("math/0309136", 2)
    assert arxiv_id_in("q-bio/0501001") == ("q-bio/0501001", None)
    assert arxiv_id_in("10.48550/arXiv.2403.00001") == ("2403.00001", None)
    assert arxiv_id_in("2413.00001") == ("", None)  # no month
    assert [arxiv_id_as(value)[0] for value in ("2403.1", 2403.1, "704.0001", "2403.00001")] == [
        "2403.10000",
        "2403.10000",
        "0704.0001",
        "2403.00001",
    ]
    assert [count(text) for text in ("12", "1,204", "1.2k", "-")] == [12, 1204, 1200, None]


# --- Hugging Face ------------------------------------------------------------------------------------------

FLAT = {"id": "2507.00001", "title": "Evening Rivers", "summary": ABSTRACT, "upvotes": 7, "day": "2025-07-29"}
FORMS = {
    "votes as text": [{**FLAT, "upvotes": "7"}],
    "an object around": {"error": None, "data": [FLAT], "total": 1},
    "by id": {"2507.00001": {name: value for name, value in FLAT.items() if name != "id"}},
    "by day": {"2025-07-29": [{**FLAT, "day": None}]},
    "days": [{"date": "2025-07-29", "papers": [{**FLAT, "day": None}]}],
    "seconds": [{**FLAT, "day": None, "submittedOnDailyAt": 1753747200}],
    "an id that became a number": [{**FLAT, "id": 2507.00001}],
    "an address for an id": [{**FLAT, "id": "https://arxiv.org/abs/2507.00001v1"}],
    "an empty field inside": [{"title": "Evening Rivers", "paper": {**FLAT, "title": None}}],
    "other names": [
        {
            "arxiv_id": "2507.00001v1",
            "paper_title": "Evening Rivers",
            "abstract": ABSTRACT,
            "votes": "7",
            "date": "29 July 2025",
        }
    ],
}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_an_answer_of_papers_is_read_in_other_forms(form):
    record = only("huggingface", json.dumps(FORMS[form]))
    assert (record.title, record.arxiv_id, record.votes) == ("Evening Rivers", "2507.00001", 7)
    assert (record.abstract, record.featured_on) == (ABSTRACT.strip(), JULY)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_json_lines_are_read_under_any_name(newline):
    assert len(parse("huggingface", newline.join(json.dumps(FLAT) for _ in range(3))).records) == 3


def test_broken_bytes_and_line_breaks_within_texts_cost_no_paper():
    body = (
        json.dumps([{**FLAT, "title": "Evening\nRivers"}]).replace("\\n", "\n").encode().replace(b"watched", b"w\xff")
    )
    assert only("huggingface", body).title == "Evening Rivers"


def test_authors_may_be_one_text():
    record = only("huggingface", json.dumps([{**FLAT, "authors": "Ada Reed, Bo Lake and Cy Pond"}]))
    assert record.authors == ("Ada Reed", "Bo Lake", "Cy Pond")


@pytest.mark.parametrize("data", [[], {"papers": []}, {"dailyPapers": []}])
def test_a_day_without_papers_is_no_error(data):
    assert parse("huggingface", json.dumps(data)).records == ()


@pytest.mark.parametrize("change", [("DailyPapers", "Papers2027"), ("dailyPapers", "entries")])
def test_a_page_is_read_under_other_names(change):
    assert parse("huggingface-page", day_page([entry()]).replace(*change)).records[0].arxiv_id == "2507.00001"


def test_a_page_that_keeps_its_json_in_a_script_is_read():
    page = f'<html><script type="application/json">{json.dumps({"dailyPapers": [entry()]})}</script></html>'
    assert only("huggingface-page", page).arxiv_id == "2507.00001"


# --- The saved page -----------------------------------------------------------------------------------------

SPAN_HEADS = ["Week 31", "2025-W31", "July 2025", "Jul 28 - Aug 3"]
DAY_HEADS = [
    "Jul 29, 2025",
    "July 29, 2025",
    "Tue, Jul 29, 2025",
    "29 Jul 2025",
    "2025-07-29",
    "Papers · July 29, 2025",
]


@pytest.mark.parametrize("head", [*SPAN_HEADS, *DAY_HEADS])
def test_a_saved_page_names_its_day_in_any_words(head):
    parsed = parse("saved-page", HEAD.replace("Jul 29", head) + f"One\n\n{ABSTRACT}\n\nTwo\n\n{ABSTRACT}")
    assert [record.title for record in parsed.records] == ["One", "Two"]
    assert parsed.rejections == ()
    assert parsed.day == (JULY if head in DAY_HEADS else None)


HEADS = [
    "",
    "Trending Papers\n\nby Bo Lake and the community\n\n",
    "Jul 29\n\nDaily Papers\n\nbyAK and the research community\n\nDaily\n\nWeekly\n\n",
    "Models\n\nDatasets\n\nDocs\n\nLog In\n\nSign Up\n\nDaily Papers\n\nJul 29\n\n",
]
BETWEEN = [
    "{t}\n{a}",
    "1. {t}\n\n{a}",
    "## {t}\n\n{a}",
    "**{t}**\n\n{a}",
    "Title: {t}\n\nAbstract: {a}",
    "Submitted by\n\nbo\n\n12\n\n{t}\n\n{a}\n\nRiver Institute\n\n·\n\nJul 28\n\n3",
    "{t}\n\n{a}\n\n3 authors\n\n·\n\nJul 3, 2024\n\n2",
]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("head", HEADS)
def test_a_saved_page_is_read_whatever_stands_around_its_papers(head, between, newline):
    page = head + "\n\n".join(between.format(t=f"River {n}", a=ABSTRACT) for n in "abcde") + "\n\nTOS\n\nPrivacy\n"
    parsed = parse("saved-page", "\ufeff" + page.replace("\n", newline))
    assert [(record.title, record.abstract) for record in parsed.records] == [
        (f"River {n}", ABSTRACT.strip()) for n in "abcde"
    ]
    assert parsed.rejections == ()


LINKS = [
    "- [{t}](https://huggingface.co/papers/2507.0000{n})\n\n{a}",
    '1. **[{t}](/papers/2507.0000{n} "more")**\n\n{a}',
    "[![x](y)](/papers/2507.0000{n})\n\n### [{t}](/papers/2507.0000{n})\n\n{a}\n\n[3 authors](/papers/2507.0000{n})",
    "{t} <https://huggingface.co/papers/2507.0000{n}>\n\n{a}",
    "{t}\nhttps://arxiv.org/abs/2507.0000{n}\n\n{a}",
    "{t}\n\n{a}\n\nhttps://arxiv.org/abs/2507.0000{n}",
]


@pytest.mark.parametrize("form", LINKS)
def test_a_saved_page_gives_ids_wherever_its_links_stand(form):
    page = HEAD + "\n\n".join(form.format(t=f"River {n}", a=ABSTRACT, n=n) for n in (1, 2, 3))
    found = [(record.title, record.arxiv_id, record.abstract) for record in parse("saved-page", page).records]
    assert found == [(f"River {n}", f"2507.0000{n}", ABSTRACT.strip()) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "form",
    [
        "<h3>{t}</h3><p>{a}",
        "<tr><td>{t}</td><td>{a}</td></tr>",
        "<div><a href='/papers/2507.00001'>{t}</a></div><p>{a}</p>",
    ],
)
def test_a_saved_page_of_html_may_have_any_tags(form):
    titles = ["A <em>long</em> river", "Lakes &amp; ponds"]
    body = "".join(form.format(t=title, a=f"<b>We</b> {ABSTRACT}") for title in titles)
    page = (
        f"<html><body><nav>Models</nav><h1>Daily Papers</h1><div>Jul 29</div>{body}<footer>TOS</footer></body></html>"
    )
    parsed = parse("saved-page", page)
    assert [record.title for record in parsed.records] == ["A long river", "Lakes & ponds"]
    assert parsed.records[0].abstract == f"We {ABSTRACT}".strip()
    assert parsed.rejections == ()


def test_a_page_that_a_browser_saved_as_one_file_is_read():
    head = 'From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
    page = f"<html><body><h1>Daily Papers</h1><p>Jul 29</p><h3>One</h3><p>{ABSTRACT}</p></body></html>"
    body = f"{head}Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{page}\r\n--b--\r\n"
    assert only("saved-page", body).title == "One"


def test_a_saved_page_of_a_day_without_papers_is_no_error():
    assert parse("saved-page", HEAD).records == ()
    with pytest.raises(SourceError):
        parse("saved-page", HEAD + "A title and nothing else")


# --- arXiv, feeds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [("<summary>", "<summary>\x0b"), ("here.", "here.&nbsp;"), (' xmlns:arxiv="http://arxiv.org/schemas/atom"', "")]
    + [("<?xml", "\n\n<?xml"), ("<feed", '<feed xsi:schemaLocation="x"')],
)
def test_xml_with_a_slip_is_read_all_the_same(change):
    assert only("arxiv-api", ATOM.format(entries=API_ENTRY).replace(*change)).abstract == "Two lines here."


def test_a_withdrawn_paper_of_arxiv_is_told():
    entries = API_ENTRY.replace("Two  lines", "This paper has been withdrawn by the authors. Two lines")
    parsed = parse("arxiv-api", ATOM.format(entries=entries))
    assert [rejection.why for rejection in parsed.rejections] == ["was withdrawn by its authors"]
    harvest = OAI.replace("<abstract>", "<comments>Withdrawn due to an error</comments><abstract>")
    assert [found.why for found in parse("arxiv-oai", harvest).rejections][0] == "was withdrawn by its authors"


def test_the_feed_of_years_past_is_read():
    item = """<item><title>Rivers. (arXiv:2301.00001v2 [cs.AI] UPDATED)</title><link>http://arxiv.org/abs/2301.00001</link>
    <description>&lt;p&gt;Rivers flow.&lt;/p&gt;</description><pubDate>Thu, 05 Jan 2023 00:00:00 GMT</pubDate>
    <author>&lt;a href="x"&gt;Ada Reed&lt;/a&gt;, &lt;a href="y"&gt;Bo Lake&lt;/a&gt;</author></item>"""
    record = only("arxiv-feed", RSS.format(items=item))
    assert (record.title, record.arxiv_version, record.abstract) == ("Rivers", 2, "Rivers flow.")
    assert (record.authors, record.featured_on) == (("Ada Reed", "Bo Lake"), dt.date(2023, 1, 1))


def test_a_feed_of_arxiv_given_as_any_feed_has_bare_abstracts():
    record = only("feed", ATOM.format(entries=FEED_ENTRY.format(n=1, v=1, kind="cross")))
    assert (record.arxiv_id, record.abstract) == ("2508.13421", "What lakes say.")


def test_people_of_feeds_have_their_names_in_order():
    item = "<item><title>Ponds</title><author>{}</author></item>"
    for written in ("ada@lake.example (Ada Reed)", "Reed, Ada"):
        assert only("feed", RSS.format(items=item.format(written))).authors == ("Ada Reed",)


# --- Lists --------------------------------------------------------------------------------------------------

BIBTEX = {
    "joined": '@string{r = "Rivers"}\n@misc{a, title = r # " at " # {Dusk}, eprint = {2403.00001}}',
    "no key": "@misc{title = {Rivers at Dusk}, eprint = {2403.00001}}",
    "no comma": "@misc{a,\n title = {Rivers at Dusk}\n eprint = {2403.00001}\n}",
    "a slip": '@misc{a,\n title = {Rivers at Dusk},\n month = 3 ~ "x",\n eprint = {2403.00001}}',
    "brackets": "@misc(a b, TITLE = {Rivers at Dusk}, EPRINT = {2403.00001})",
    "a volume": "@misc{a, title = {Rivers at Dusk}, journal = {CoRR}, volume = {abs/2403.00001}}",
    "a note": "@misc{a, title={Rivers at Dusk}, howpublished={\\url{https://arxiv.org/abs/2403.00001}}}",
    "a doi": "@misc{a, title={Rivers at Dusk}, doi={10.48550/arXiv.2403.00001}}",
}


@pytest.mark.parametrize("form", sorted(BIBTEX))
def test_a_list_in_bibtex_is_read_in_other_forms(form):
    record = only("bibtex", BIBTEX[form])
    assert (record.title, record.arxiv_id) == ("Rivers at Dusk", "2403.00001")


def test_dates_and_names_of_bibtex_are_read_in_other_forms():
    record = only(
        "bibtex", "@online{a, title={X}, date={2024-03-05}, author={Reed, Jr., Ada and {The Team} and others}}"
    )
    assert (record.published_on, record.authors) == (dt.date(2024, 3, 5), ("Ada Reed Jr.", "The Team"))
    assert only("bibtex", "@misc{a, title={X}, year=2024, month={3}}").published_on == dt.date(2024, 3, 1)


CSV = {
    "a line of Excel": "sep=;\r\nTitle;arXiv ID\r\nRivers;2403.00001\r\n",
    "a caption": "My list\n\nTitle,Link\nRivers,https://huggingface.co/papers/2403.00001\n",
    "old Macintosh": "title,url\rRivers,https://arxiv.org/pdf/2403.00001v2.pdf\r",
    "a lost zero": "paper_title,arxiv_id\nRivers,2403.00001\n",
    "a table of markdown": "| Title | arXiv |\n|---|---|\n| Rivers | 2403.00001 |\n",
    "a doi": "Title,DOI\nRivers,10.48550/arXiv.2403.00001\n",
    "two bytes a sign": "Title\tarXiv\nRivers\t2403.00001\n".encode("utf-16"),
}


@pytest.mark.parametrize("form", sorted(CSV))
def test_a_list_as_csv_is_read_in_other_forms(form):
    record = only("csv", CSV[form])
    assert (record.title, record.arxiv_id) == ("Rivers", "2403.00001")


def test_a_list_of_an_old_windows_keeps_its_accents():
    record = only("csv", 'title,authors,date,votes\nFrüh,"Reed, Zoë; Lake, Bo",29.07.2025,"1,204"\n'.encode("cp1252"))
    assert (record.title, record.authors) == ("Früh", ("Zoë Reed", "Bo Lake"))
    assert (record.published_on, record.votes) == (JULY, 1204)


def test_a_page_without_its_json_is_read_whatever_its_headings():
    article = (
        f"<article><a href='/papers/2507.00001'><img></a><div><a href='/papers/2507.00001'>A</a></div><p>{ABSTRACT}</p>"
    )
    record = only("huggingface-page", f"<html>{article}<a href='/papers/2507.00001'>3</a></article></html>")
    assert (record.title, record.abstract) == ("A", html.unescape(ABSTRACT.strip()))


class Asked:
    """Stands for the network: remembers the addresses and answers with nothing new."""

    def __init__(self):
        self.addresses = []

    def get(self, url, *, accept="*/*"):
        self.addresses.append(url)


@pytest.mark.parametrize(
    ("question", "limit"), [("?sort=trending", ""), ("?week=2025-W31", "&limit=100"), ("?limit=20&month=2025-07", "")]
)
def test_a_week_a_month_and_what_is_trending_are_asked_for_once(question, limit):
    web = Asked()
    assert not list(READERS["huggingface"].fetch(web, Request(question, since=JULY, until=JULY + dt.timedelta(days=3))))
    assert web.addresses == [f"https://huggingface.co/api/daily_papers{question}{limit}"]


def test_a_month_is_read_to_its_last_page():
    class Pages(Asked):
        def get(self, url, *, accept="*/*"):
            super().get(url)
            return json.dumps([entry()] * (100 if len(self.addresses) < 3 else 83)).encode()

    web = Pages()
    answers = READERS["huggingface"].fetch(web, Request("?month=2025-07", since=JULY, until=JULY))
    assert sum(len(parse("huggingface", answer.body).records) for answer in answers) == 283
    assert [address.partition("&limit=100")[2] for address in web.addresses] == ["", "&p=1", "&p=2"]


def test_a_harvest_goes_on_with_the_token_as_it_is_meant():
    class Pages(Asked):
        def get(self, url, *, accept="*/*"):
            super().get(url)
            more = "<resumptionToken cursor='0'>cs&amp;2025|1</resumptionToken></ListRecords>"
            return OAI.replace("</ListRecords>", more if len(self.addresses) == 1 else "</ListRecords>").encode()

    web = Pages()
    list(READERS["arxiv-oai"].fetch(web, Request("cs", since=JULY, until=JULY)))
    assert web.addresses[1].endswith("?verb=ListRecords&resumptionToken=cs%262025%7C1")


def test_a_search_goes_on_behind_a_page_with_a_withdrawn_paper():
    class Pages(Asked):
        def get(self, url, *, accept="*/*"):
            super().get(url)
            good = API_ENTRY.replace("2006-01-02", "2025-07-29")
            withdrawn = good.replace("  Two  lines", "This paper has been withdrawn.")
            return ATOM.format(entries=withdrawn + good * 199 if len(self.addresses) == 1 else good).encode()

    web = Pages()
    list(READERS["arxiv-api"].fetch(web, Request("cat:cs.CL", since=JULY, until=JULY)))
    assert len(web.addresses) == 2

"""Titles and abstracts as people read them."""

import gzip
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.text import clean, linked, title_key


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A title\n  over  lines", "A title over lines"),
        ("We pay $5 and $10 a page", "We pay $5 and $10 a page"),
        ("for $3, or US$4 a month", "for $3, or US$4 a month"),
        ("costs less than \\$0.34", "costs less than $0.34"),
        ("gains of 8\\% on Q\\&A", "gains of 8% on Q&A"),
        ("$x^2$ and $\\alpha_1$ in $\\mathcal{O}(n \\log n)$", "x² and α₁ in O(n log n)"),
        ("$\\mathbb{R}^{n+1}$", "Rⁿ⁺¹"),
        ("Sketch2Code^N and Cap$^{VL}$ in R^d", "Sketch2Codeᴺ and Capⱽᴸ in R^d"),
        ("\\(a \\le b\\)", "a ≤ b"),
        ("from $10^{-6}$ to $1.5\\times$ more", "from 10⁻⁶ to 1.5× more"),
        ("32times over-trained at 1024times768", "32× over-trained at 1024×768"),
        ("ten times, sometimes 10 times faster", "ten times, sometimes 10 times faster"),
        ("with sim0.1\\% and ge 175B, le 3", "with ~0.1% and ≥175B, ≤3"),
        ("the sim2real gap", "the sim2real gap"),
        ("the growth operator G_{stack} and L_2", "the growth operator G_stack and L₂"),
        ("pi_{0.5} and ell_2", "π_0.5 and ℓ₂"),
        ("a 360^circ view, a 360^{circ} view", "a 360° view, a 360° view"),
        ("textit{O}bstacles and \\textsc{Prompt}, \\emph{so}", "Obstacles and Prompt, so"),
        ("{\\em direct} and {\\bf bold}, {\\it so}", "direct and bold, so"),
        ("methods (\\eg, ours), \\ie that; \\etc", "methods (e.g., ours), i.e. that; etc."),
        ('Fr\\\'echet, M\\"uller, Erd\\H{o}s, na\\"{\\i}ve, \\c{c}a', "Fréchet, Müller, Erdős, naïve, ça"),
        ('he said \\"yes\\" and don\\\'t', 'he said "yes" and don\'t'),
        ("``quoted'' and `single' words", "“quoted” and ‘single’ words"),
        ("Figure~3 of Ada~Reed, about ~10 and ~/bin", "Figure 3 of Ada Reed, about ~10 and ~/bin"),
        ("rivers---and lakes -- in 1990--2000", "rivers—and lakes – in 1990–2000"),
        ("run it with --fast", "run it with --fast"),
        ("an improvement.To our knowledge", "an improvement. To our knowledge"),
        ("use Node.js and torch.Tensor", "use Node.js and torch.Tensor"),
        ("a model(SAM), but f(X) and open(FILE)", "a model (SAM), but f(X) and open (FILE)"),
        ("scaled- down, low- and high-quality", "scaled-down, low- and high-quality"),
        ("use snake_case, imo_1960_p2 and v1_5", "use snake_case, imo_1960_p2 and v1_5"),
        ("\\method is better than \\ours", "method is better than ours"),
        ("in C:\\Users\\me", "in C:\\Users\\me"),
        ("see \\url{https://a.example/b_c}.", "see https://a.example/b_c."),
        ("at https://a.example/x{https://a.example/x}.", "at https://a.example/x."),
        ("at https://a.example/x{project page}", "at https://a.example/x (project page)"),
        ("keep https://a.example/~ada/x_1--y", "keep https://a.example/~ada/x_1--y"),
        ("37.2 rightarrow 23.3 (10%uparrow)", "37.2 → 23.3 (10%↑)"),
        ("LeC$^2$O at 100fb$^{-1}$ for 5$ a$_i$", "LeC²O at 100fb⁻¹ for 5$ aᵢ"),
        ("Q&amp;A of x &lt; y, caf&eacute;&#39;s &amp;amp; more&nbsp;so", "Q&A of x < y, café's & more so"),
        ("H<sub>2</sub>O, <i>so</i> <jats:p>a < b and c > d</jats:p> <think>", "H2O, so a < b and c > d <think>"),
        ("AT&T; R&D at https://a.example/?b=1&c=2", "AT&T; R&D at https://a.example/?b=1&c=2"),
        ("the {BERT} of {\\\"O}l and {\\'e}", "the BERT of Öl and é"),
        ("the {BERT} of \\textbf{\\emph{all}}", "the BERT of all"),
    ],
)
def test_what_is_written_in_tex_is_read_in_unicode(written, read):
    assert clean(written) == read


@settings(max_examples=80)
@given(st.text(alphabet=st.sampled_from(list("ab19 $\\{}_^~`'\"%.-()tims=é\n")), max_size=200))
def test_any_text_is_cleaned_to_one_line(text):
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert len(cleaned) <= 3 * len(text) + 10


@given(st.text(max_size=300))
def test_the_html_form_holds_no_tag_but_links(text):
    html = re.sub(r'<a href="https?://[^<>"]+" rel="nofollow noopener">|</a>', "", linked(text))
    assert "<" not in html
    assert ">" not in html


def test_a_link_ends_before_the_full_stop():
    html = linked("See (https://a.example/b(c)), https://d.example/e.git. <script>")
    assert 'href="https://a.example/b(c)"' in html
    assert 'href="https://d.example/e.git"' in html
    assert "&lt;script&gt;" in html


def test_a_title_is_known_again_whatever_its_dress():
    assert title_key(clean("On the $G_{stack}$: Growth")) == title_key(clean("On the G_{stack}: growth"))
    assert title_key("Déjà vu") == title_key("Deja Vu")
    assert title_key("一") != title_key("二")


LEFTOVER = re.compile(
    r"\\[a-zA-Z]{2,}|\\[%&_#$]|\b(?:text(?:bf|it|sc|tt)|emph|math(?:cal|bb|bf|rm)|url|href)\{|\dtimes\b"
    r"|[_^]\{|\bell_|(?:right|up|down)arrow|\^circ"
)


@pytest.mark.slow
def test_the_archive_reads_without_tex(shared_data):
    with gzip.open(shared_data / "hf" / "archive_8036.jsonl.gz", "rt") as file:
        papers = [json.loads(text) for text in file]
    for field, share in (("title", 0.98), ("summary", 0.95)):
        left = [text for paper in papers if LEFTOVER.search(text := clean(paper[field]))]
        assert len(left) <= (1 - share) * len(papers), left[:5]

"""A reader's own papers."""

from newsletter import tracking
from newsletter.link_numbers import link_number
from newsletter.models import Event
from papers.models import Paper
from subscribers.tokens import Purpose, sign
from tests.browser.states.named import state


@state
def own_papers(walk, **values):
    reader, papers = walk.reader(**values), list(Paper.objects.all()[:9])
    for days_ago in (0, 1, 4):
        digest = walk.sent(reader, papers, days_ago=days_ago)
    for paper in papers[:5]:
        tracking.say(digest, paper, Event.Kind.UPVOTED, now=walk.now)
    walk.manage("own_papers", reader=reader)


@state
def own_papers_german(walk):
    own_papers(walk, language="de")


@state
def own_papers_taken_off(walk):
    own_papers(walk)
    walk.page.get_by_text("Take it off").first.click()


@state
def own_papers_none(walk):
    walk.manage("own_papers")


@state
def paper_cited(walk):
    walk.open("paper", Paper.objects.first().pk)
    walk.page.get_by_text("Cite it").click()


@state
def letter_no_longer_kept(walk):
    walk.open("web_view", sign(Purpose.WEB_VIEW, 1, now=walk.now))


@state
def word_on_a_paper_of_a_letter_no_longer_kept(walk):
    number = link_number(Paper.objects.first().pk)
    walk.open("feedback", sign(Purpose.FEEDBACK, 1, now=walk.now), number, "more")

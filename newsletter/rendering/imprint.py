"""Who we are and where our links lead, as one plain value: read once for an edition, not once a letter."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.conf import settings

from mail.letter import feedback_sender, visible_sender
from mail.links import absolute, reverse
from newsletter.link_numbers import Target, link_number

_NUMBER = 7_777_777_777  # stands for the link number while an address is being made


class Mark(enum.StrEnum):
    """Where a reader's own token goes: two characters that no cleaned text and no quoted-printable byte can hold."""

    WEB_VIEW = "\0V"
    FEEDBACK = "\0F"
    MANAGE = "\0M"
    UNSUBSCRIBE = "\0U"
    OPEN = "\0O"
    CLICK = "\0C"
    REASON = "\0R"  # not a token: where the reason stands in a card


@dataclass(frozen=True, slots=True)
class Imprint:
    """The names, the postal address and the addresses of our pages, each with the mark of its token in it."""

    newsletter_name: str
    editor_name: str
    site_url: str
    postal_address: str
    mail_domain: str
    sender: str
    bounce_address: str
    unsubscribe_address: str
    feedback_sender: str
    web_view_url: str
    manage_url: str
    unsubscribe_url: str
    one_click_url: str
    pixel_url: str
    more_url: str
    less_url: str
    upvote_url: str
    click_url: str

    def more(self, paper_id: int) -> str:
        """Return the link that says "more like this paper"."""
        return self.more_url.replace(str(_NUMBER), str(link_number(paper_id)))

    def less(self, paper_id: int) -> str:
        """Return the link that says "less like this paper"."""
        return self.less_url.replace(str(_NUMBER), str(link_number(paper_id)))

    def upvote(self, paper_id: int) -> str:
        """Return the link that gives a paper the reader's vote."""
        return self.upvote_url.replace(str(_NUMBER), str(link_number(paper_id)))

    def click(self, paper_id: int, target: Target) -> str:
        """Return the link that counts a click and leads on to one of the paper's addresses."""
        return self.click_url.replace(str(_NUMBER), str(link_number(paper_id, target)))


def imprint() -> Imprint:
    """Read the imprint from the settings."""
    return Imprint(
        newsletter_name=settings.NEWSLETTER_NAME,
        editor_name=settings.EDITOR_NAME,
        site_url=settings.SITE_URL,
        postal_address=settings.POSTAL_ADDRESS,
        mail_domain=settings.MAIL_DOMAIN,
        sender=visible_sender(settings.NEWSLETTER_NAME, settings.DIGEST_ADDRESS),
        bounce_address=settings.BOUNCE_ADDRESS,
        unsubscribe_address=settings.UNSUBSCRIBE_ADDRESS,
        feedback_sender=feedback_sender(),
        web_view_url=_address("web_view", Mark.WEB_VIEW),
        manage_url=_address("manage", Mark.MANAGE),
        unsubscribe_url=_address("unsubscribe", Mark.UNSUBSCRIBE),
        one_click_url=_address("one_click", Mark.UNSUBSCRIBE),
        pixel_url=_address("open_pixel", Mark.OPEN),
        more_url=_address("feedback", Mark.FEEDBACK, _NUMBER, "more"),
        less_url=_address("feedback", Mark.FEEDBACK, _NUMBER, "less"),
        upvote_url=_address("feedback", Mark.FEEDBACK, _NUMBER, "up"),
        click_url=_address("click", Mark.CLICK, _NUMBER),
    )


def _address(name: str, mark: Mark, *rest: object) -> str:
    return absolute(reverse(name, args=["TOKEN", *rest])).replace("TOKEN", mark)

"""Signing up, here and from another site's page."""

import datetime as dt

from django.utils import timezone

from subscribers import leaving
from subscribers.models import Ask
from tests.browser.states.named import state


class Question:
    """A captcha that nobody passes."""

    html = '<label for="id_sum">Two and two are</label><input id="id_sum" name="sum">'

    def __init__(self, request):
        pass

    def passes(self):
        return False


@state
def subscribe(walk):
    walk.open("subscribe")


@state
def subscribe_filled(walk):
    walk.open("subscribe", query="?topic=retrieval")
    walk.page.get_by_label("Your email address").fill("ada@example.org")
    walk.page.locator("details.signup__more summary").first.click()
    walk.page.locator("details.signup__more summary").last.click()
    with walk.page.expect_request(lambda request: "/preview/" in request.url):
        walk.page.locator("[name=topics]").first.check()
    walk.page.frame_locator("[data-preview] iframe").get_by_role("heading", level=1).wait_for()


@state
def subscribe_topic_search(walk):
    walk.open("subscribe")
    walk.page.get_by_label("Find a topic").fill("gardening")


@state
def subscribe_error(walk):
    walk.open("subscribe")
    walk.page.locator("form[data-sign-up]").evaluate("form => form.noValidate = true")
    walk.page.get_by_label("Your email address").fill("ada@")
    walk.press("Send me tomorrow's papers")


@state
def subscribe_slip(walk):
    walk.open("subscribe")
    walk.page.get_by_label("Your email address").fill("ada@gmial.com")
    walk.page.get_by_label("Your email address").blur()


@state
def subscribe_disposable(walk):
    walk.sign_up("ada@mailinator.com")


@state
def subscribe_no_paper_in_the_paste(walk):
    walk.open("subscribe")
    walk.page.get_by_label("Your email address").fill("ada@example.org")
    walk.page.locator("details.signup__more summary").first.click()
    walk.page.get_by_label("Papers that you like").fill("I like robots")
    walk.press("Send me tomorrow's papers")


@state
def subscribe_too_fast(walk):
    walk.settings.SIGN_UP_LEAST_SECONDS = 60
    walk.sign_up("ada@example.org")


@state
def subscribe_under_attack(walk):
    walk.settings.SIGN_UP_CAPTCHA = f"{__name__}.Question"
    then = walk.now - dt.timedelta(hours=1)
    about = {"limit_key": "k", "network": "n", "form": "page", "created_at": then, "outcome": "letter"}
    Ask.objects.bulk_create(Ask(email=f"stranger{n}@example.org", **about) for n in range(40))
    walk.sign_up("ada@example.org")


@state
def subscribe_budget_used_up(walk):
    walk.settings.SIGN_UPS_PER_MINUTE = 0
    walk.ask()
    walk.sign_up("ada@example.org")


@state
def check_mail(walk):
    walk.sign_up("ada@example.org")


@state
def check_mail_too_soon(walk):
    walk.sign_up("ada@example.org")
    walk.press("Send it again")


@state
def check_mail_wrong_correction(walk):
    walk.sign_up("ada@example.org")
    walk.page.get_by_label("Your email address").fill("ada@gmial.com")
    walk.press("Send it to this address")


@state
def check_mail_another_day(walk):
    walk.open("check_mail")


@state
def lost_link(walk):
    walk.open("ask_link")


@state
def lost_link_error(walk):
    walk.open("ask_link")
    walk.page.get_by_label("Your email address").fill("ada@gmial.com")
    walk.press("Send me the link")


@state
def lost_link_sent(walk):
    walk.open("ask_link")
    walk.page.get_by_label("Your email address").fill("ada@example.org")
    walk.press("Send me the link")


@state
def confirm(walk):
    walk.confirm(walk.ask())


@state
def confirm_without_topics(walk):
    walk.confirm(walk.ask(topics=()))


@state
def confirm_expired(walk):
    walk.confirm(walk.ask(), age=9)


@state
def confirm_already(walk):
    walk.confirm(walk.ask(subscriber=walk.reader(), confirmed_at=walk.now))


@state
def confirm_after_leaving(walk):
    reader = walk.reader()
    walk.ask(subscriber=reader)
    leaving.leave(reader, by="page", now=timezone.now())
    walk.confirm(Ask.objects.get())


@state
def welcome(walk):
    walk.confirm(walk.ask())
    walk.press("Yes, send me the papers")


@state
def welcome_first_digest_asked(walk):
    welcome(walk)
    walk.press("Send me my first digest now")


@state
def embed(walk):
    walk.open("subscribe_embed", query="?topic=vision")


@state
def embed_error(walk):
    walk.open("subscribe_embed")
    walk.page.get_by_label("Your email address").fill("ada@gmial.com")
    walk.press("Send me tomorrow's papers")


@state
def embed_done(walk):
    walk.open("subscribe_embed")
    walk.page.get_by_label("Your email address").fill("ada@example.org")
    walk.press("Send me tomorrow's papers")


@state
def embed_budget_used_up(walk):
    walk.settings.SIGN_UPS_PER_MINUTE = 0
    walk.ask()
    embed_done(walk)

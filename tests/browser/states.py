"""Every state that a page of a reader's can be in: how to come there."""

import datetime as dt

from django.utils import timezone

from papers.models import Topic
from subscribers import leaving
from subscribers.models import AddressChange, Ask
from subscribers.tokens import Purpose, sign

STATES = {}


def state(walk):
    """Name a state after the function that brings the window there."""
    STATES[walk.__name__.replace("_", "-")] = walk
    return walk


class Question:
    """A captcha that nobody passes."""

    html = '<label for="id_sum">Two and two are</label><input id="id_sum" name="sum">'

    def __init__(self, request):
        pass

    def passes(self):
        return False


# --- Signing up ----------------------------------------------------------------------------------------------------


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


# --- In another site -----------------------------------------------------------------------------------------------


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


# --- Wishes --------------------------------------------------------------------------------------------------------


@state
def wishes(walk):
    reader = walk.manage()
    weights = {"vision": 2, "retrieval": 1, "language-models": -2}
    for topic in Topic.objects.filter(slug__in=weights):
        reader.topic_preferences.create(topic=topic, weight=weights[topic.slug])
    walk.page.reload()


@state
def wishes_kept(walk):
    walk.manage(cadence="weekly", days=[0], keywords=["sparse attention"], authors=["Ada Lovelace"])
    walk.press("Keep these wishes")


@state
def wishes_errors(walk):
    walk.manage(cadence="days", days=[])
    walk.page.get_by_label("Papers in a digest").fill("500")
    walk.press("Keep these wishes")


@state
def wishes_paused(walk):
    walk.manage()
    walk.press("2 weeks")


@state
def wishes_paused_for_good(walk):
    walk.manage(state="paused")


@state
def wishes_pause_error(walk):
    walk.manage()
    walk.page.get_by_label("The next digest comes on or after").fill("2020-01-01")
    walk.press("Pause until then")


@state
def wishes_left(walk):
    walk.manage(state="unsubscribed")


@state
def wishes_unreachable(walk):
    walk.manage(state="unreachable")


@state
def wishes_learning(walk):
    walk.manage()
    walk.press("I agree")


@state
def wishes_no_learning(walk):
    walk.manage(tracking="denied")


@state
def wishes_address_asked(walk):
    walk.manage()
    walk.page.get_by_label("New address").fill("ada@new.example")
    walk.press("Write to the new address")


@state
def wishes_address_error(walk):
    walk.manage()
    walk.page.get_by_label("New address").fill("ada@")
    walk.press("Write to the new address")


@state
def wishes_link_expired(walk):
    walk.manage(age=40)


@state
def wishes_link_renewed(walk):
    walk.manage(age=40)
    walk.press("Send me a new link")


@state
def wishes_german(walk):
    walk.manage(language="de")


@state
def delete(walk):
    walk.manage("manage_delete")


@state
def deleted(walk):
    walk.manage("manage_delete")
    walk.press("Delete me")


@state
def new_address(walk):
    moved = AddressChange.objects.create(
        subscriber=walk.reader(), email="ada@new.example", address_hash="h", asked_at=walk.now
    )
    walk.open("new_address", sign(Purpose.ADDRESS, moved.pk, now=walk.now))


@state
def new_address_done(walk):
    new_address(walk)
    walk.press("Yes, send them here")


@state
def new_address_too_late(walk):
    walk.open("new_address", sign(Purpose.ADDRESS, 1, now=walk.now - dt.timedelta(days=9)))


# --- Leaving and staying -------------------------------------------------------------------------------------------


@state
def unsubscribe(walk):
    walk.unsubscribe()


@state
def unsubscribe_again(walk):
    walk.unsubscribe(state="unsubscribed")


@state
def goodbye(walk):
    walk.unsubscribe()
    walk.press("Stop all mail")


@state
def goodbye_reason(walk):
    goodbye(walk)
    walk.page.get_by_label("Too many letters").check()
    walk.press("Send")


@state
def goodbye_undone(walk):
    goodbye(walk)
    walk.press("That was a slip. Bring me back")


@state
def undo_link(walk):
    reader = walk.reader()
    leaving.leave(reader, by="page", now=walk.now)
    walk.open("undo", reader.token(Purpose.UNDO, now=walk.now))


@state
def pause_instead(walk):
    walk.unsubscribe()
    walk.press("Pause for four weeks")


@state
def fewer_instead(walk):
    walk.unsubscribe()
    walk.press("Once a week instead")


@state
def stay(walk):
    walk.manage("stay")


@state
def stay_answered(walk):
    walk.manage("stay")
    walk.press("Keep sending it")


@state
def more_like_this(walk):
    walk.open("feedback", *walk.digest(), "more")


@state
def less_like_this_said(walk):
    walk.open("feedback", *walk.digest(), "less")
    walk.press("Less like this")
    walk.page.get_by_role("heading", name="Noted: less like this").wait_for()


# --- What went wrong -----------------------------------------------------------------------------------------------


@state
def no_such_link(walk):
    walk.open("unsubscribe", "nonsense")


@state
def a_form_from_elsewhere(walk):
    walk.open("subscribe")
    walk.page.context.clear_cookies()
    walk.page.get_by_label("Your email address").fill("ada@example.org")
    walk.press("Send me tomorrow's papers")

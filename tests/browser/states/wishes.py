"""What a reader sets, and the end of it."""

import datetime as dt

from papers.models import Topic
from subscribers.models import AddressChange
from subscribers.tokens import Purpose, sign
from tests.browser.states.named import state


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
def wishes_announced(walk):
    walk.manage()
    walk.press("Send them to me")


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

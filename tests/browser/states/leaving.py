"""Leaving, staying, and what the links of a letter ask."""

from subscribers import leaving
from subscribers.tokens import Purpose
from tests.browser.states.named import state


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
def only_digests(walk):
    walk.unsubscribe(announcements_since=walk.now)
    walk.press("No more announcements, only digests")


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

"""Every state that a page of a reader's can be in: how to come there."""

from tests.browser.states import leaving, rereading, signing_up, wishes, wrong
from tests.browser.states.named import STATES

__all__ = ["STATES", "leaving", "rereading", "signing_up", "wishes", "wrong"]

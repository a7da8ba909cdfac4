"""What went wrong."""

from tests.browser.states.named import state


@state
def no_such_link(walk):
    walk.open("unsubscribe", "nonsense")


@state
def a_form_from_elsewhere(walk):
    walk.open("subscribe")
    walk.page.context.clear_cookies()
    walk.page.get_by_label("Your email address").fill("ada@example.org")
    walk.press("Send me tomorrow's papers")

"""The mail server drops, hangs, refuses and talks nonsense in the middle of an edition."""

import pytest

from tests.faults.arena import Arena
from tests.sink import ACCEPT_DROP, ACCEPT_RESET, DROP, RESET

pytestmark = pytest.mark.faults
FAULTS = {  # stage, what happens there, whether the sink has accepted by then
    "banner dropped": ("banner", DROP, False),
    "421 at the banner": ("banner", b"421 4.3.2 busy\r\n", False),
    "ehlo dropped": ("ehlo", DROP, False),
    "mail dropped": ("mail", DROP, False),
    "421 at mail": ("mail", b"421 4.7.0 slow down\r\n", False),
    "550 at mail": ("mail", b"550 5.7.1 not you\r\n", False),
    "rcpt dropped": ("rcpt", DROP, False),
    "421 at rcpt": ("rcpt", b"421 4.7.0 slow down\r\n", False),
    "data dropped": ("data", DROP, False),
    "451 at data": ("data", b"451 4.3.0 later\r\n", False),
    "body dropped": ("body", DROP, False),
    "body reset": ("body", RESET, False),
    "421 after the dot": ("dot", b"421 4.3.2 going down\r\n", False),
    "dropped at the dot": ("dot", DROP, False),
    "accepted and dropped": ("dot", ACCEPT_DROP, True),
    "accepted and reset": ("dot", ACCEPT_RESET, True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_mail_server_in_the_middle(database, tmp_path, seed, fault):
    """F24 to F26, F33: from the second connection's second letter on, for six letters."""
    stage, act, is_accepted = FAULTS[fault]
    left = [6]

    def script(where: str, connection: int, letter: int):
        if where == stage and connection >= 2 and (letter >= 2 or stage in ("banner", "ehlo")) and left[0]:
            left[0] -= 1
            return act
        return None

    with Arena(tmp_path, database, readers=250, seed=seed, script=script) as arena:
        arena.start()
        arena.wait_for_letters(200)
        arena.drain()
        arena.verdict().demand(most_doubled=6 if is_accepted else 0)

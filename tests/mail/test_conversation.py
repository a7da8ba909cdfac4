"""What becomes of the letters under way when a connection ends, where no server can be made to end it so exactly."""

import pytest

from mail.transport.channel import Lost
from mail.transport.conversation import Conversation, Parcel
from mail.transport.server import Server
from tests.mail.test_smtp_stages import letter


class Desk:
    def __init__(self):
        self.finished, self.back = [], []

    def finish(self, outcome):
        self.finished.append(outcome)

    def put_back(self, parcel, why):
        self.back.append(why)


@pytest.mark.parametrize(("unsent", "behind_the_dot", "is_doubted"), [(11, 10, False), (10, 10, True), (5, 10, True)])
def test_a_body_is_in_doubt_once_its_dot_is_in_the_kernels_hands(unsent, behind_the_dot, is_doubted):
    desk = Desk()
    talk = Conversation(Server(), desk)
    talk._gone, talk._unsent, talk._after_dot = Parcel(letter(1), b""), unsent, behind_the_dot
    talk._settle(Lost("the server closed the connection"))
    talk.socket.close()
    ends = [(outcome.kind, outcome.is_transport) for outcome in desk.finished + desk.back]
    assert ends == [("unknown" if is_doubted else "deferred", False)]
    assert len(desk.finished) == is_doubted

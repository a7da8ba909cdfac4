"""A provider's API resets, times out, is busy and answers nonsense in the middle of an edition."""

import json

import pytest

from tests.faults.arena import Arena
from tests.stub import GARBAGE, HALF, RESET, Stub

pytestmark = pytest.mark.faults
# The first knows idempotency keys, the second does not.
FINE = {"brevo": (201, {}, {"messageId": "<1@x>"}), "sendgrid": (202, {"X-Message-Id": "1"}, b"")}
TROUBLES = {
    "reset after the request": RESET,
    "half a reply": HALF,
    "garbage": GARBAGE,
    "500 after the request": (500, {}, {"code": "server_error", "message": "sorry"}),
    "bad JSON": (201, {}, b"{"),
    "429": (429, {"Retry-After": "1"}, {"code": "too_many", "message": "slow down"}),
}
IN_DOUBT = {"reset after the request", "half a reply", "garbage", "500 after the request", "bad JSON"}


class Provider(Stub):
    """Answers well but for the 20th to the 23rd request; its ledger is what it read to the end and did not refuse."""

    def __init__(self, name, trouble):
        super().__init__(FINE[name])
        self.name, self.trouble, self.number = name, TROUBLES[trouble], 0

    def answer(self, request):
        with self.lock:
            self.number += 1
            self.replies = [self.trouble if 20 <= self.number < 24 else FINE[self.name]]
            return super().answer(request)

    def ledger(self):
        """Return (reader, idempotency key) of every letter that was taken."""
        taken = []
        for number, (_path, _headers, body) in enumerate(self.requests, 1):
            if 20 <= number < 24 and self.trouble == TROUBLES["429"]:
                continue
            said = json.loads(body)
            to = (said if self.name == "brevo" else said["personalizations"][0])["to"][0]["email"]
            taken.append((to, said.get("headers", {}).get("idempotencyKey", "")))
        return taken


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("name", FINE)
def test_a_provider_in_trouble(database, tmp_path, seed, name, trouble):
    """F35: a repeat carries the same key, so that a provider that knows keys doubles nothing."""
    with Provider(name, trouble) as stub, Arena(tmp_path, database, readers=100, seed=seed) as arena:
        arena.environment |= {
            "EMAIL_BACKEND": f"anymail.backends.{name}.EmailBackend",
            "ANYMAIL": json.dumps({f"{name}_api_url".upper(): stub.url, **_secrets(name)}),
        }
        arena.start()
        arena.wait(lambda: stub.number >= 30, what="the trouble is over")
        arena.clear()
        arena.drain()
        ledger = stub.ledger()
        arena.sink.recipients = [to for to, _ in (dict.fromkeys(ledger) if name == "brevo" else ledger)]
        arena.sink.message_ids = [""] * len(arena.sink.recipients)
        verdict = arena.verdict()
        verdict.demand(most_doubled=4 if name == "sendgrid" and trouble in IN_DOUBT else 0)
        assert arena.states() == {"sent": 100}


def _secrets(name):
    return {"BREVO_API_KEY": "x"} if name == "brevo" else {"SENDGRID_API_KEY": "x"}

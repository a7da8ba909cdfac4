"""The shield of the sign-up: strangers' inboxes stay quiet, people get through, and nobody learns who reads."""

import datetime as dt

import pytest
import time_machine
from django.test import RequestFactory
from django.urls import reverse

from papers.public import place_of
from subscribers import signup, throttle
from subscribers.models import Ask, Notice, Subscriber, Suppression

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
State = Subscriber.State


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def sign_up(client, email="ada@example.org", **more):
    return client.post(reverse("subscribe"), {"email": email}, **more)


def sign_up_by_json(client, email="ada@example.org", **more):
    return client.post(reverse("subscribe_json"), {"email": email}, content_type="application/json", **more)


def letters():
    signup.settle(now=NOW)
    return Notice.objects.count()


MANY = [40, pytest.param(1000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("door", [sign_up, sign_up_by_json])
def test_a_thousand_sign_ups_for_one_address_are_one_letter(client, settings, door, count):
    settings.SIGN_UPS_PER_MINUTE = settings.SIGN_UPS_PER_NETWORK = 10_000
    for number in range(count // 4):
        for email in ("ada@gmail.com", "Ada@gmail.com", "a.d.a@googlemail.com", f"ada+{number}@gmail.com"):
            door(client, email)
    assert Ask.objects.count() == count
    assert letters() == 1


@pytest.mark.parametrize("count", MANY)
@pytest.mark.parametrize("door", [sign_up, sign_up_by_json])
def test_a_thousand_sign_ups_from_one_network_are_its_budget_of_an_hour(client, settings, clock, door, count):
    settings.SIGN_UPS_PER_NETWORK, settings.SIGN_UPS_PER_MINUTE = 20, 10_000
    answers = [door(client, f"r{n}@example.org", REMOTE_ADDR=f"198.51.100.{n % 256}") for n in range(count)]
    assert letters() == 20
    assert {answer.status_code for answer in answers[20:]} == {429}
    assert answers[-1]["Retry-After"] == "3600"
    assert door(client, "x@example.org", REMOTE_ADDR="203.0.113.9").status_code in (202, 302)
    clock.shift(3601)
    assert door(client, "x@example.org", REMOTE_ADDR="198.51.100.1").status_code in (202, 302)


def test_all_together_have_a_budget_too(client, settings):
    settings.SIGN_UPS_PER_MINUTE = 5
    answers = [sign_up(client, f"r{n}@example.org", REMOTE_ADDR=f"10.{n}.0.1") for n in range(8)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 3
    assert answers[-1]["Retry-After"] == "60"


def test_an_address_gets_one_letter_a_day_and_three_a_week(client, clock):
    for n in range(7):
        sign_up(client)
        signup.settle(now=NOW + dt.timedelta(days=n))
        clock.shift(86_400)
    assert Notice.objects.count() == 3


def test_two_people_with_a_dot_between_them_are_two_people_outside_google():
    assert throttle.limit_key("j.doe@example.org") != throttle.limit_key("jdoe@example.org")
    assert throttle.limit_key("j.doe+x@gmail.com") == throttle.limit_key("JDoe@googlemail.com")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("198.51.100.1", "198.51.100.200", True),
        ("198.51.100.1", "198.51.101.1", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.1", "198.51.100.7", True),
        ("", "nonsense", True),
    ],
)
def test_a_network_is_a_24_or_a_64(one, other, is_same):
    assert (throttle.network_of(one) == throttle.network_of(other)) is is_same


def test_a_forged_forwarding_header_escapes_nothing(settings):
    def place(forwarded):
        return place_of(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded))

    settings.BEHIND_PROXY = False
    assert place("8.8.8.8") == "192.0.2.1"
    settings.BEHIND_PROXY = True
    assert place("8.8.8.8, 198.51.100.1") == place("198.51.100.1") == "198.51.100.1"


def test_a_robot_that_fills_the_trap_hears_what_everybody_hears_and_leaves_no_row(client):
    answer = client.post(reverse("subscribe"), {"email": "ada@example.org", "website": "http://spam.example"})
    assert answer.url == reverse("check_mail")
    assert not Ask.objects.exists()


def test_a_form_filled_faster_than_a_hand_asks_for_one_more_press(client, settings, clock):
    settings.SIGN_UP_LEAST_SECONDS = 2

    def stamp(page):
        return page.text.split('name="seen" value="')[1].split('"')[0]

    first = client.get(reverse("subscribe"))
    quick = client.post(reverse("subscribe"), {"email": "ada@example.org", "seen": stamp(first)})
    assert quick.status_code == 422
    assert "One more press" in quick.text
    data = {"email": "ada@example.org", "seen": stamp(quick)}
    assert client.post(reverse("subscribe"), data, REMOTE_ADDR="203.0.113.1").status_code == 422  # another network
    assert client.post(reverse("subscribe"), data).status_code == 302
    clock.shift(5)
    assert client.post(reverse("subscribe"), {"email": "b@example.org", "seen": stamp(first)}).status_code == 302
    clock.shift(90_000)
    assert client.post(reverse("subscribe"), {"email": "c@example.org", "seen": stamp(first)}).status_code == 422


def strangers(count, *, confirmed, hours=1, outcome="letter"):
    """Sign-ups of an hour ago, some of them confirmed."""
    at = NOW - dt.timedelta(hours=hours)
    for n in range(count):
        Ask.objects.create(
            email=f"s{n}@example.org",
            limit_key=f"s{n}",
            network=f"n{n}",
            form="page",
            created_at=at,
            settled_at=at,
            outcome=outcome,
            confirmed_at=at if n < confirmed else None,
        )


@pytest.mark.parametrize(("count", "confirmed", "is_attack"), [(40, 7, True), (40, 8, False), (29, 0, False)])
def test_an_attack_is_many_letters_that_nobody_confirms(count, confirmed, is_attack):
    strangers(count, confirmed=confirmed)
    assert throttle.is_under_attack(now=NOW) is is_attack


@pytest.mark.parametrize("others", [{"hours": 7}, {"hours": 0.2}, {"outcome": "known"}], ids=str)
def test_letters_of_long_ago_or_just_now_and_asks_without_a_letter_are_no_attack(others):
    strangers(40, confirmed=0, **others)
    assert not throttle.is_under_attack(now=NOW)


@pytest.mark.parametrize("budget", ["SIGN_UPS_PER_NETWORK", "SIGN_UPS_PER_MINUTE"])
def test_under_attack_the_budgets_shrink_to_a_quarter(client, settings, budget):
    settings.SIGN_UPS_PER_NETWORK = settings.SIGN_UPS_PER_MINUTE = 10_000
    setattr(settings, budget, 20)
    strangers(40, confirmed=0)
    codes = [sign_up(client, f"r{n}@example.org").status_code for n in range(7)]
    assert codes == [302] * 5 + [429] * 2


def test_only_who_asks_for_it_again_gets_a_second_letter_on_a_day():
    sent = [NOW - dt.timedelta(minutes=3)]
    assert throttle.allows_letter(sent, is_repeat=True, now=NOW)
    assert not throttle.allows_letter(sent, is_repeat=False, now=NOW)


def test_a_sign_up_takes_nothing_from_the_letters_of_a_move(client):
    sign_up(client)
    assert throttle.allows_move("ada@example.org", now=NOW)


def test_what_is_remembered_of_addresses_and_networks_needs_our_key_to_be_guessed(settings):
    before = throttle.limit_key("ada@example.org"), throttle.network_of("198.51.100.1")
    settings.HASH_KEY = "another"
    assert not {throttle.limit_key("ada@example.org"), throttle.network_of("198.51.100.1")} & set(before)


class Sum:
    """The captcha of this test."""

    html = "How much is two and three?"

    def __init__(self, request):
        self.request = request

    def passes(self):
        return self.request.POST.get("sum") == "5"


def test_the_captcha_is_asked_under_attack_and_only_then(client, settings):
    settings.SIGN_UP_CAPTCHA = f"{__name__}.Sum"
    assert "two and three" not in client.get(reverse("subscribe")).text
    assert sign_up(client).status_code == 302
    strangers(40, confirmed=0)
    assert "two and three" in client.get(reverse("subscribe")).text
    assert sign_up(client, "b@example.org").status_code == 422
    assert client.post(reverse("subscribe"), {"email": "b@example.org", "sum": "5"}).status_code == 302
    assert sign_up_by_json(client, "c@example.org").status_code == 429


ADDRESSES = [*State, "unknown", "suppressed"]


def known_as(state):
    if state in list(State):
        Subscriber.objects.create(email="ada@example.org", state=state, confirmed_at=NOW)
    if state == "suppressed":
        Suppression.remember("ada@example.org", Suppression.Reason.COMPLAINED, now=NOW)


@pytest.mark.parametrize("door", [sign_up, sign_up_by_json])
def test_no_answer_tells_who_reads(client, door, django_assert_num_queries):
    """The same bytes, headers and queries for an address in every state: the page looks nobody up."""
    seen = set()
    for state in ADDRESSES:
        Subscriber.objects.all().delete()
        Suppression.objects.all().delete()
        known_as(state)
        with django_assert_num_queries(5):
            answer = door(client)
        seen.add((answer.status_code, answer.content, tuple(sorted(answer.headers.items()))))
        page = client.get(reverse("check_mail")).content if door is sign_up else b""
        seen.add((200, page.split(b"csrfmiddlewaretoken")[0], ()))
        client.cookies.clear()
    assert len(seen) == 2


def test_more_fields_than_the_form_has_change_nothing(client, post):
    client.post(
        reverse("subscribe"),
        {"email": "ada@example.org", "state": "active", "id": "7", "is_staff": "1", "link_epoch": "9", "size": "50"},
    )
    client.post(post.link(*post.deliver(now=NOW)), {"state": "complained", "size": "50"})
    reader = Subscriber.objects.get()
    assert (reader.state, reader.size, reader.link_epoch) == (State.ACTIVE, 10, 0)


def test_taking_an_ask_back_makes_no_room_for_another_letter():
    visitor = signup.Visitor(network="n")
    for number in range(8):
        ask = signup.ask("victim@example.org", signup.Wanted(), visitor, now=NOW)
        signup.settle(now=NOW)
        ask.refresh_from_db()
        signup.correct(ask, f"other{number}@example.net", visitor, now=NOW)
    assert Notice.objects.filter(subscriber__email="victim@example.org").count() == 1


def test_who_takes_every_ask_back_does_not_hide_from_the_shield(settings):
    settings.SIGN_UPS_PER_MINUTE = 1000
    visitor, then = signup.Visitor(network="n"), NOW - dt.timedelta(hours=1)
    for number in range(31):
        ask = signup.ask(f"stranger{number}@example.org", signup.Wanted(), visitor, now=then)
        signup.settle(now=then)
        ask.refresh_from_db()
        ask.withdraw(now=then)
    assert throttle.is_under_attack(now=NOW)


def test_taking_back_what_nobody_has_looked_at_costs_its_address_nothing():
    visitor = signup.Visitor(network="n")
    slip = signup.ask("ada@example.org", signup.Wanted(), visitor, now=NOW)
    signup.correct(slip, "ada@example.net", visitor, now=NOW)
    signup.ask("ada@example.org", signup.Wanted(), visitor, now=NOW)
    assert letters() == 2


SPELLINGS = [
    "gmail.com",
    "GMAIL.com",
    "ｇｍａｉｌ.com",
    "ⓖmail.com",
    "gm\u00adail.com",
    "gmail.ｃom",
    "gma\u200bil.com",
]


@pytest.mark.parametrize("door", [sign_up, sign_up_by_json])
def test_however_a_domain_is_spelt_its_mailbox_gets_one_letter(client, door):
    for domain in SPELLINGS:
        door(client, f"victim@{domain}")
    assert letters() == 1
    assert set(Subscriber.objects.values_list("email", flat=True)) == {"victim@gmail.com"}


@pytest.mark.parametrize("domain", SPELLINGS)
def test_who_complained_is_left_alone_however_the_domain_is_spelt(client, domain):
    Suppression.remember("victim@gmail.com", Suppression.Reason.COMPLAINED, now=NOW)
    sign_up(client, f"victim@{domain}")
    assert letters() == 0


def test_an_address_of_many_letters_is_one_in_both_of_its_spellings(client):
    sign_up(client, "ada@bücher.example")
    sign_up(client, "ada@xn--bcher-kva.example")
    assert letters() == 1

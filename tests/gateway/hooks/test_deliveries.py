"""When a delivery is tried again, and when it is given up."""

import pytest

from gateway.hooks.deliveries import (
    DELAYS_MS,
    LONGEST_RETRY_AFTER_MS,
    SPREAD,
    Answer,
    after,
    delivery_of,
    meeting_in,
    replayed,
)
from gateway.hooks.messages import Kind, Message

MEETING = "m-07-00000000000000000000"
TAKEN, BROKEN = (
    Answer(is_taken=True, status=200, told="taken (200)"),
    Answer(is_taken=False, status=500, told="refused"),
)


def made(key: str = "k", endpoint_id: str = "ep_1"):
    return delivery_of(Message(Kind.LINE, key, 5, {}), MEETING, endpoint_id, "1-0", 1000)


def test_the_same_message_for_the_same_endpoint_has_the_same_id() -> None:
    assert made().id == made().id
    assert len({made().id, made("other").id, made("k", "ep_2").id}) == 3
    assert "." not in made().id


def test_an_id_leads_to_its_meeting_and_nothing_else_does() -> None:
    assert meeting_in(made().id) == MEETING
    for bad in ("", "msg_x", "msg_07-0_1", f"msg_{MEETING}_1", "evil_07-00000000000000000000_1", "a_b_c_d"):
        with pytest.raises(ValueError):  # noqa: PT011  # several kinds of wrong, one class
            meeting_in(bad)


def test_what_is_taken_is_delivered() -> None:
    done = after(made(), TAKEN, 2000, 0.5)
    assert (done.state, done.tries, done.attempts[0].status) == ("delivered", 1, 200)


def test_tries_come_later_and_later_over_a_day_and_then_end() -> None:
    delivery, now, waits = made(), 1000, []
    while delivery.state == "pending":
        delivery = after(delivery, BROKEN, now, 0.5)
        if delivery.state == "pending":
            waits.append(delivery.next_at - now)
            now = delivery.next_at
    assert waits == list(DELAYS_MS)
    assert 20 * 3600_000 < sum(waits) < 30 * 3600_000
    assert (delivery.state, delivery.tries) == ("failed", len(DELAYS_MS) + 1)
    assert "refused" in delivery.reason


def test_what_failed_together_is_spread() -> None:
    waits = [after(made(), BROKEN, 0, chance).next_at for chance in (0.0, 1.0)]
    assert waits == [round(DELAYS_MS[0] * (1 - SPREAD)), round(DELAYS_MS[0] * (1 + SPREAD))]


def test_who_says_when_to_come_back_is_heard_within_reason() -> None:
    slow = Answer(is_taken=False, status=503, told="refused (503)", retry_after_s=60.0)
    assert after(made(), slow, 0, 0.5).next_at == 60_000
    for_ever = Answer(is_taken=False, status=503, told="refused (503)", retry_after_s=1e9)
    assert after(made(), for_ever, 0, 0.5).next_at == LONGEST_RETRY_AFTER_MS


def test_gone_ends_it_at_once() -> None:
    assert after(made(), Answer(is_taken=False, status=410, told="refused (410)"), 0, 0.5).state == "failed"


def test_only_the_last_tries_are_kept() -> None:
    delivery = made()
    for n in range(11):
        delivery = after(replayed(delivery, n), BROKEN, n, 0.5)
    assert len(delivery.attempts) <= 12


def test_a_replay_begins_anew_under_the_same_id() -> None:
    again = replayed(after(made(), Answer(is_taken=False, status=410, told="refused"), 0, 0.5), 99)
    assert (again.id, again.state, again.tries, again.next_at, again.reason) == (made().id, "pending", 0, 99, "")

import asyncio

from ears import Ear

from rehearsal.recall.socket import BACKLOG, DIALS, Line, State
from rehearsal.recall.webhooks import sign
from shared.ports import free_port

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class Call:
    """A line that is being kept up."""

    def __init__(self, url: str, secret: str = "", redial_s: float = 0.01) -> None:
        self.states: list[State] = []
        self.line = Line(url, secret, redial_s, self.states.append)
        self.task = asyncio.create_task(self.line.run())

    async def end(self) -> None:
        self.line.end()
        async with asyncio.timeout(5):
            await self.task


async def test_messages_arrive_in_order_and_the_call_ends_with_a_proper_close(ear: Ear) -> None:
    call = Call(ear.url)
    await call.line.tried.wait()
    for n in range(50):
        call.line.send(f'{{"n": {n}}}')
    await call.end()
    await ear.wait_until(lambda: ear.close_codes)
    assert [message["n"] for message in ear.messages] == list(range(50))
    assert (ear.close_codes, call.states) == ([1000], [State.RUNNING, State.DONE])


async def test_the_url_is_used_as_it_was_given(ear: Ear) -> None:
    call = Call(ear.url)
    await call.line.tried.wait()
    await call.end()
    assert ear.handshakes[0][0] == "/recall/m-1/?token=secret"


async def test_the_handshake_is_signed_over_an_empty_body(ear: Ear) -> None:
    call = Call(ear.url, SECRET)
    await call.line.tried.wait()
    await call.end()
    headers = ear.handshakes[0][1]
    expected = sign(SECRET, headers["webhook-id"], int(headers["webhook-timestamp"]), b"")
    assert headers["webhook-signature"] == expected


async def test_without_a_secret_the_handshake_is_not_signed(ear: Ear) -> None:
    call = Call(ear.url)
    await call.line.tried.wait()
    await call.end()
    assert "webhook-signature" not in ear.handshakes[0][1]


async def test_a_dropped_socket_is_dialled_again_and_what_was_said_meanwhile_is_lost(ear: Ear) -> None:
    call = Call(ear.url, redial_s=0.1)
    await call.line.tried.wait()
    call.line.send('{"n": 1}')
    await ear.wait_until(lambda: ear.messages)
    call.line.cut()
    await ear.wait_until(lambda: ear.close_codes)
    call.line.send('{"n": 2}')
    await ear.wait_until(lambda: len(ear.handshakes) == 2)
    await ear.wait_until(lambda: call.line.send('{"n": 3}') or True)
    await call.end()
    assert 2 not in [message["n"] for message in ear.messages]
    assert call.line.lost >= 1


async def test_closing_from_our_side_counts_as_a_drop(ear: Ear) -> None:
    call = Call(ear.url)
    await ear.wait_until(lambda: ear.connections)
    await ear.connections[0].close()
    await ear.wait_until(lambda: len(ear.connections) == 2)
    await call.end()


async def test_an_endpoint_that_never_answers_is_given_up_after_thirty_dials() -> None:
    call = Call(f"ws://127.0.0.1:{free_port()}/recall/m-1/", redial_s=0.001)
    async with asyncio.timeout(10):
        await call.task
    assert (call.line.dials, call.states) == (DIALS, [State.FAILED])


async def test_a_path_without_a_slash_at_its_end_is_never_reached(ear: Ear) -> None:
    call = Call(ear.url.replace("/?", "?"), redial_s=0.001)
    async with asyncio.timeout(10):
        await call.task
    assert (ear.handshakes, call.states) == ([], [State.FAILED])


async def test_a_call_that_ends_before_the_first_answer_leaves_no_socket(ear: Ear) -> None:
    call = Call(ear.url)
    call.line.end()
    async with asyncio.timeout(5):
        await call.task
    assert call.states == [State.DONE]


async def test_a_slow_receiver_loses_messages_instead_of_stopping_the_meeting(ear: Ear) -> None:
    call = Call(ear.url)
    await call.line.tried.wait()
    for _ in range(BACKLOG + 5):
        call.line.send("{}")
    assert call.line.lost == 5
    await ear.wait_until(lambda: len(ear.messages) == BACKLOG)
    await call.end()


async def test_dials_can_fail_for_a_while_after_a_cut(ear: Ear) -> None:
    call = Call(ear.url, redial_s=0.001)
    await call.line.tried.wait()
    call.line.cut(failing_dials=5)
    async with asyncio.timeout(5):
        while call.line.connections < 2:
            await asyncio.sleep(0.001)
    await call.end()
    assert (call.line.dials, len(ear.handshakes), call.states[-1]) == (7, 2, State.DONE)


async def test_a_call_that_is_ended_twice_still_sends_what_waits(ear: Ear) -> None:
    call = Call(ear.url)
    await call.line.tried.wait()
    for _ in range(BACKLOG - 1):
        call.line.send("{}")
    call.line.end()
    await call.end()
    await ear.wait_until(lambda: ear.close_codes)
    assert (len(ear.messages), ear.close_codes) == (BACKLOG - 1, [1000])

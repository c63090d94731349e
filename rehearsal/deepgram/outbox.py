"""What leaves a Deepgram socket, as it should or with the faults that are switched on."""

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
from aiohttp import web

from rehearsal.deepgram.messages import Message
from rehearsal.deepgram.options import DeepgramFaults

POLL_S = 0.02
"""How often a silenced socket looks whether it may go on."""
HALF_A_FRAME = '{"type":"Results","channel_index":[0,1],"start":'
UNHEARD_OF = '{"type":"SentimentShifted","sentiment":{"from":"calm","to":"calm"}}'


class Outbox:
    """One message at a time, in the order in which they were sent."""

    def __init__(self, socket: web.WebSocketResponse, faults: DeepgramFaults) -> None:
        self._socket, self._faults = socket, faults
        self._turn = asyncio.Lock()

    async def send(self, message: Message) -> None:
        async with self._turn:
            while self._faults.is_silent():  # noqa: ASYNC110 - a switch is a plain attribute, it gives no signal
                await asyncio.sleep(POLL_S)
            for frame in frames_of(message, self._faults):
                await self._socket.send_str(frame)


def frames_of(message: Message, faults: DeepgramFaults) -> Iterator[str]:
    if faults.bad_json:
        faults.bad_json -= 1
        yield HALF_A_FRAME
    if faults.unknown_types:
        yield UNHEARD_OF
    yield msgspec.json.encode(distorted(message, faults)).decode()


def distorted(part: Any, faults: DeepgramFaults) -> Any:
    """The same with fields too many or too few, at every depth."""
    if isinstance(part, list):
        return [distorted(item, faults) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {name: distorted(value, faults) for name, value in part.items() if name not in faults.missing_fields}
    return {"mood": ["calm"], **kept} if faults.unknown_fields else kept

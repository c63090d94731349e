"""Calls of a running system over HTTP."""

import aiohttp
from processes import System


async def post(running: System, path: str, **body: object) -> dict:
    """The answer's body; fails where it is no good answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{running.gateway_port}{path}", json=body) as answer,
    ):
        told = await answer.json()
        assert answer.status < 300, told
        return told

"""Of promise 19: links that are none to a meeting make no bot and no connection."""

import asyncio
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from rehearsal.promises.attacks import corpus
from rehearsal.recall.server import RecallServer


async def try_urls(http: aiohttp.ClientSession, recall: RecallServer, failures: list[str]) -> dict[str, int]:
    """None of the bad ones makes a bot or a connection."""
    found, touched = corpus(), list[str]()

    async def touch(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        touched.append(str(writer.get_extra_info("peername")))
        writer.close()

    canary = await asyncio.start_server(touch, "127.0.0.1", 0)
    port = str(canary.sockets[0].getsockname()[1])
    before = len(recall.bots)
    for url in found.bad_urls:
        status = await join_url(http, url.replace("{port}", port))
        failures += [f"{url} got {status}"] * (status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
    bots = len(recall.bots) - before
    failures += [f"bad links made {bots} bots"] * bool(bots)
    for url in found.good_urls:
        status = await join_url(http, url)
        failures += [f"{url} got {status}"] * (status != HTTPStatus.CREATED)
    hosts = {urlsplit(bot.order.meeting_url).hostname or "" for bot in recall.bots.values()}
    strange = {host for host in hosts if not host.endswith(("zoom.us", "meet.google.com", "teams.live.com"))}
    failures += [f"a bot was sent to {strange}"] * bool(strange)
    canary.close()
    await canary.wait_closed()
    failures += [f"{len(touched)} connections to the canary"] * bool(touched)
    return {
        "bad_links": len(found.bad_urls),
        "bots_sent_to_them": bots,
        "connections_to_the_canary": len(touched),
        "good_links_joined": len(found.good_urls),
    }


async def join_url(http: aiohttp.ClientSession, url: str) -> int:
    async with http.post("/meetings/join", json={"meeting_url": url}) as reply:
        await reply.read()
        return reply.status

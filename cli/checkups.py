"""Whether each vendor and each public address does what going live needs; one finding each, with the remedy."""

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from brain.config import BrainSettings
from cli.settings import CliSettings
from gateway.config import GatewaySettings
from ingest.config import IngestSettings
from shared.config import load
from shared.errors import Category, MeetingError
from shared.recall_api import RecallApi
from transcriber.config import TranscriberSettings

WITHIN_S = 10.0
NOBODY = "00000000-0000-0000-0000-000000000000"
"""A bot that does not exist: asking for it tells whether the key is good, and makes nothing."""
NO_MEETING = "m-00-00000000000000000000"
OPENAI = "https://api.openai.com/v1"
DOORS = {401, 403}
"""How ingest answers a stranger's handshake."""


class Finding(NamedTuple):
    """`level` is ok, warn or fail."""

    level: str
    what: str
    remedy: str = ""


# -- keys ----------------------------------------------------------------------------------------------------------


async def recall(settings: IngestSettings) -> Finding:
    if not settings.recall_api_key:
        return Finding("warn", "RECALL_API_KEY is not set", "no real meeting can be joined; `chimein rehearse` works")
    api = RecallApi(settings.recall_url, settings.recall_api_key, MeetingError)
    try:
        await api.retrieve_bot(NOBODY)
    except MeetingError as error:
        if error.category is not Category.NOT_FOUND:
            return Finding("fail", "Recall", error.reason)
    finally:
        await api.close()
    return Finding("ok", f"Recall takes the key at {urlsplit(settings.recall_url).netloc}")


async def deepgram(settings: TranscriberSettings) -> Finding:
    if not settings.deepgram_api_key:
        return Finding("warn", "DEEPGRAM_API_KEY is not set", "the embedded engine hears, in English only")
    headers = {"Authorization": f"Token {settings.deepgram_api_key.reveal()}"}
    status, problem = await answer_of(f"{settings.deepgram_base_url.rstrip('/')}/v1/projects", headers)
    if status == 200:
        return Finding("ok", "Deepgram takes the key")
    if status in DOORS:
        return Finding("fail", "Deepgram refuses the key", "copy DEEPGRAM_API_KEY again from Deepgram's console")
    return Finding("fail", f"Deepgram: {problem}", "check DEEPGRAM_BASE_URL and the network")


async def language_model(settings: BrainSettings) -> Finding:
    if not settings.has_model:
        remedy = "set OPENAI_API_KEY or OPENAI_BASE_URL; until then answers are quotations, briefings made by rules"
        return Finding("warn", "no language model is set", remedy)
    base = (settings.openai_base_url or OPENAI).rstrip("/")
    headers = {"Authorization": f"Bearer {settings.openai_api_key.reveal() or 'none'}"}
    for model in dict.fromkeys((settings.answer_model, settings.brief_model)):
        status, problem = await answer_of(f"{base}/models/{model}", headers)
        if status in DOORS:
            return Finding("fail", "the language model refuses the key", "check OPENAI_API_KEY")
        if status == 404:
            return Finding("fail", f"{base} has no model {model}", "set ANSWER_MODEL and BRIEF_MODEL to ones it has")
        if status != 200:
            return Finding("fail", f"the language model: {problem}", "check OPENAI_BASE_URL and the network")
    return Finding("ok", f"the language model answers at {urlsplit(base).netloc}")


# -- the ways in ---------------------------------------------------------------------------------------------------


async def sockets(settings: IngestSettings) -> AsyncIterator[Finding]:
    """What Recall will do: dial ingest from outside, through whatever stands between."""
    domain = settings.websocket_domain
    if not domain:
        if settings.recall_api_key:
            remedy = f"name the public host that leads to port {settings.ingest_port}, as ears.example.org"
            yield Finding("fail", "WEBSOCKET_DOMAIN is not set", remedy)
        return
    if "/" in domain or domain.partition(":")[0] in {"localhost", "127.0.0.1"}:
        yield Finding(
            "fail",
            f"WEBSOCKET_DOMAIN={domain}",
            "name a public host without scheme and path; Recall takes no localhost",
        )
        return
    url, *_ = settings.socket_urls(NO_MEETING, "none")
    yield await door(url, domain)


async def door(url: str, domain: str) -> Finding:
    """A stranger's handshake must reach ingest and be refused by it."""
    remedy = f"run `chimein up`, and lead https://{domain} with WebSockets to ingest (docs/going-live.md)"
    try:
        async with connect(url, open_timeout=WITHIN_S, proxy=None):
            return Finding("fail", f"somebody else answers at {domain}", remedy)
    except InvalidStatus as refused:
        if refused.response.status_code in DOORS:
            return Finding("ok", f"sockets reach ingest at {domain}")
        return Finding("fail", f"{domain} answers a WebSocket with HTTP {refused.response.status_code}", remedy)
    except (OSError, InvalidHandshake, TimeoutError) as failed:
        return Finding("fail", f"no socket reaches {domain} ({type(failed).__name__})", remedy)


async def webhooks(cli: CliSettings, settings: IngestSettings) -> AsyncIterator[Finding]:
    """Without them all still works, but states are seen some seconds later."""
    if settings.recall_api_key and not settings.recall_webhook_secret:
        remedy = (
            "enter the webhook in Recall's dashboard and copy its secret; until then bots are asked every few seconds"
        )
        yield Finding("warn", "RECALL_WEBHOOK_SECRET is not set", remedy)
    if not cli.public_url:
        if settings.recall_api_key:
            yield Finding("warn", "PUBLIC_URL is not set", "set it, and this command checks that webhooks can arrive")
        return
    status, problem = await answer_of(f"{cli.public_url.rstrip('/')}/health", {})
    if status == 200:
        yield Finding("ok", f"webhooks reach the gateway at {cli.public_url}")
    else:
        remedy = f"run `chimein up`, and lead {cli.public_url} to the gateway"
        yield Finding("fail", f"{cli.public_url} does not lead to the gateway: {problem}", remedy)


def voice(environ: Mapping[str, str]) -> Finding:
    """How bots will speak. Raises ConfigError."""
    settings = load(GatewaySettings, environ)
    if settings.outlet == "clips":
        return Finding("ok", "bots speak in clips, a sentence at a time")
    if settings.public_url.startswith("https://"):
        return Finding("ok", f"bots speak through a page at {settings.public_url}")
    remedy = "set PUBLIC_URL to an https address of the gateway: sound then comes as it is made, and stops at once"
    return Finding("warn", "bots speak in clips, a sentence at a time", remedy)


async def answer_of(url: str, headers: dict[str, str]) -> tuple[int, str]:
    """The status, 0 where nobody answers; and what to say of it."""
    limit = aiohttp.ClientTimeout(total=WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status, f"it answers with HTTP {answer.status}"
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        return 0, f"nobody answers ({type(error).__name__})"

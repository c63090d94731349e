"""What Deepgram's refusals and broken connections mean here. Never with a key, and never with words."""

import random
import re
from collections.abc import Iterable
from http import HTTPStatus

import msgspec
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI
from websockets.http11 import Response

from shared.errors import Category, TranscriptionError

CATEGORIES = {
    400: Category.INVALID,
    401: Category.AUTHENTICATION,
    402: Category.AUTHENTICATION,
    403: Category.AUTHENTICATION,
    404: Category.NOT_FOUND,
    408: Category.TIMEOUT,
    429: Category.RATE_LIMIT,
}
"""Other refusals of 400 and more are INVALID, of 500 and more UNAVAILABLE."""
SENTENCES = {
    401: "Deepgram does not know the key: check DEEPGRAM_API_KEY",
    402: "the Deepgram project has no credit left: top it up, or set DEEPGRAM_API_KEY to the key of another one",
    403: "the Deepgram key may not transcribe: set DEEPGRAM_API_KEY to one with the right to",
    404: "there is no Deepgram at this address: check DEEPGRAM_BASE_URL",
    429: "all transcription slots of the Deepgram project are in use",
}
SLOT_S = (1.0, 5.0)
"""Before the next try, at random: so that those who wait do not all come back together."""
NOT_AUDIO = 1008
CODE = re.compile(r"(DATA|NET|BIG)-?\d{4}", re.IGNORECASE)
MOST_TOLD = 200


class Refusal(msgspec.Struct, frozen=True):
    """The body of a refused handshake."""

    err_msg: str = ""


def error_of(failed: Exception, private: Iterable[str] = ()) -> TranscriptionError:
    """For whatever opening or using a socket raises. `private` is left out of what the vendor says."""
    if isinstance(failed, InvalidStatus):
        return refused(failed.response, private)
    if isinstance(failed, ConnectionClosed):
        return closed(failed)
    if isinstance(failed, TimeoutError):
        return TranscriptionError("Deepgram does not answer", category=Category.TIMEOUT)
    if isinstance(failed, OSError):
        reason = f"Deepgram cannot be reached ({failed.strerror or type(failed).__name__})"
        return TranscriptionError(reason, category=Category.CONNECTIVITY)
    if isinstance(failed, InvalidURI):
        return TranscriptionError(SENTENCES[404], category=Category.NOT_FOUND)
    reason = f"Deepgram's handshake went wrong ({type(failed).__name__})"
    return TranscriptionError(reason, category=Category.UNAVAILABLE)


def refused(response: Response, private: Iterable[str]) -> TranscriptionError:
    status = response.status_code
    usual = Category.UNAVAILABLE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Category.INVALID
    retry_after_s = random.uniform(*SLOT_S) if status == HTTPStatus.TOO_MANY_REQUESTS else None  # noqa: S311 - no secret
    sentence = SENTENCES.get(status, f"Deepgram refused to transcribe ({status})")
    told = told_of(response, private) if status not in SENTENCES else ""
    return TranscriptionError(
        f"{sentence}: {told}" if told else sentence,
        category=CATEGORIES.get(status, usual),
        retry_after_s=retry_after_s,
    )


def told_of(response: Response, private: Iterable[str]) -> str:
    """Why, in the vendor's words, which may quote what it was asked for."""
    told = response.headers.get("dg-error") or reason_in(response.body)
    for text in filter(None, private):
        told = told.replace(text, "…")
    return told[:MOST_TOLD].rstrip(". ")


def reason_in(body: bytes | bytearray | None) -> str:
    try:
        return msgspec.json.decode(body or b"", type=Refusal).err_msg
    except msgspec.DecodeError:
        return ""


def closed(failed: ConnectionClosed) -> TranscriptionError:
    """1006 here is no close frame at all."""
    code, reason = (failed.rcvd.code, failed.rcvd.reason) if failed.rcvd else (1006, "")
    known = CODE.search(reason)
    shown = f"{code} {known[0].upper()}" if known else str(code)
    if code == NOT_AUDIO:
        return TranscriptionError(f"Deepgram could not read the sound ({shown})", category=Category.INVALID)
    return TranscriptionError(f"the connection to Deepgram broke ({shown})", category=Category.UNAVAILABLE)

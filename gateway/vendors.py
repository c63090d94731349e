"""What an erasure means at each vendor, in sentences for people. Pure."""

from typing import Literal, cast

from gateway.receipts import VendorErasure
from shared.meetings import Erasure

State = Literal["confirmed", "requested", "no_call", "whole"]
CONFIRMED = "It was asked to erase the call's media, and has nothing left."
REQUESTED = "It is asked to erase the call's media, again and again until it confirms; the audit log then says so."
WHOLE = "Its recording is of everybody together, and goes only with the whole meeting: DELETE /meetings/{meeting_id}."
NO_CALL = {
    "deepgram": "Deepgram offers no call to erase with: what it keeps of the sound is a matter of your agreement with "
    "it, and of DEEPGRAM_OPT_OUT.",
    "openai": "OpenAI offers no call to erase with: it may keep what it was sent for some weeks to look for misuse.",
}
OTHER = "It offers no call to erase with: what it keeps is a matter of its terms, or of your server's settings."
OPENAI_MODELS = ("gpt-", "o1", "o3", "o4")


def vendor_erasure(name: str, state: str) -> VendorErasure:
    sentences = {Erasure.CONFIRMED: CONFIRMED, Erasure.REQUESTED: REQUESTED, Erasure.WHOLE: WHOLE}
    known = sentences.get(Erasure(state))
    return VendorErasure(vendor=name, state=cast("State", state), explanation=known or no_call(name))


def no_call(name: str) -> str:
    vendor = "openai" if name.startswith(OPENAI_MODELS) else name
    return NO_CALL.get(vendor, OTHER)

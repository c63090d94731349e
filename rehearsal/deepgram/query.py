"""What a client asks for when it opens `/v1/listen`, and which of it Deepgram refuses."""

import re
from collections.abc import Iterable

import msgspec
from multidict import MultiMapping

RATE = 16_000
NOVA_3 = frozenset({"nova-3", "nova-3-general", "nova-3-medical"})
MODELS = NOVA_3 | {"nova-2", "nova-2-general", "nova-2-meeting", "nova-2-phonecall", "nova", "enhanced", "base"}
LANGUAGE = re.compile(r"multi|[a-z]{2,3}(-[A-Za-z0-9]{2,4})?")
FLAGS = (
    "interim_results smart_format punctuate numerals vad_events multichannel diarize dictation filler_words "
    "profanity_filter detect_entities mip_opt_out no_delay"
).split()
CHOICES = {
    "encoding": frozenset({"linear16"}),
    "sample_rate": frozenset({str(RATE)}),
    "channels": frozenset({"1"}),
    "multichannel": frozenset({"false"}),
    "diarize_model": frozenset({"latest", "v1"}),
    "model": MODELS,
}
"""Deepgram takes more encodings, rates and channels; the stand-in hears only these."""
SHORTEST_GAP_MS = 1000
"""A shorter `utterance_end_ms` has no effect."""
TOKEN = re.compile(r"\w{1,4}|[^\w\s]")
"""Deepgram's own tokens are not known; this counts rather too many than too few."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A query that was accepted."""

    model: str
    language: str
    keyterms: tuple[str, ...]
    is_audio_known: bool
    """The encoding is given. Without it, raw audio cannot be read."""
    is_diarized: bool
    is_formatted: bool
    has_interims: bool
    has_vad_events: bool
    gap_ms: int
    """After which UtteranceEnd is sent; 0: never."""


def problem_of(query: MultiMapping[str], keyterm_tokens: int) -> str:
    """Why Deepgram would refuse; empty if it would not."""
    for name in FLAGS:
        if query.get(name, "true") not in {"true", "false"}:
            return f"Failed to deserialize query parameters: {name}: provided string was not `true` or `false`"
    for name, allowed in CHOICES.items():
        if name in query and query[name] not in allowed:
            return f"Bad Request: {name}={query[name]!r} is not supported"
    return problem_of_numbers(query) or problem_of_words(query, keyterm_tokens)


def problem_of_numbers(query: MultiMapping[str]) -> str:
    if "encoding" in query and "sample_rate" not in query:
        return "Bad Request: sample_rate is required with encoding"
    if not query.get("endpointing", "0").isdigit() and query["endpointing"] != "false":
        return "Failed to deserialize query parameters: endpointing: invalid value"
    if not query.get("utterance_end_ms", "0").isdigit():
        return "Failed to deserialize query parameters: utterance_end_ms: invalid digit found in string"
    if "utterance_end_ms" in query and query.get("interim_results") != "true":
        return "Bad Request: utterance_end_ms needs interim_results=true"
    return ""


def problem_of_words(query: MultiMapping[str], keyterm_tokens: int) -> str:
    is_nova_3 = query.get("model") in NOVA_3
    language = query.get("language", "en")
    if not LANGUAGE.fullmatch(language):
        return "Bad Request: No such model/language/tier combination found."
    if "keyterm" in query and not is_nova_3:
        return "Bad Request: keyterm is only supported by Nova-3"
    if "keywords" in query and is_nova_3:
        return "Bad Request: keywords are not supported by Nova-3, use keyterm"
    if is_too_much(query.getall("keyterm", []), keyterm_tokens):
        return f"Keyterm limit exceeded. The maximum number of tokens across all keyterms is {keyterm_tokens}."
    return ""


def wanted_of(query: MultiMapping[str]) -> Wanted:
    """Of a query without a problem."""
    return Wanted(
        model=query.get("model", "base"),
        language=query.get("language", "en"),
        keyterms=tuple(query.getall("keyterm", [])),
        is_audio_known="encoding" in query,
        is_diarized=query.get("diarize") == "true" or "diarize_model" in query,
        is_formatted="true" in {query.get("smart_format"), query.get("punctuate")},
        has_interims=query.get("interim_results") == "true",
        has_vad_events=query.get("vad_events") == "true",
        gap_ms=max(SHORTEST_GAP_MS, int(query["utterance_end_ms"])) if "utterance_end_ms" in query else 0,
    )


def is_too_much(keyterms: Iterable[str], tokens: int) -> bool:
    return sum(len(TOKEN.findall(term)) for term in keyterms) > tokens

"""What Deepgram is asked for when a stream is opened. Pure."""

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from transcriber.ports import StreamSpec

FIXED = {
    "encoding": "linear16",
    "sample_rate": "16000",
    "channels": "1",
    "interim_results": "true",
    "smart_format": "true",
    "punctuate": "true",
    "endpointing": "300",
    "utterance_end_ms": "1000",
    "vad_events": "true",
}
MOST_TOKENS = 450
"""Deepgram takes 500, and does not say how it counts."""
MOST_TERMS = 100
LONGEST_TERM = 12
"""Words. More is not a term."""
NOT_PLAIN = re.compile(r"[^\w\s.&'’+-]+")
TOKEN = re.compile(r"[A-Za-z0-9_]{1,4}|\S")


def query_of(spec: StreamSpec, model: str, *, opts_out: bool) -> str:
    """`opts_out`: the audio is not used to improve the vendor's models, which costs more."""
    asked = [("model", model), ("language", spec.language), *FIXED.items()]
    if spec.has_many_voices:
        asked.append(("diarize_model", "latest"))
    if opts_out:
        asked.append(("mip_opt_out", "true"))
    asked += [("keyterm", term) for term in keyterms_of(spec.vocabulary, model)]
    return urlencode(asked)


def keyterms_of(vocabulary: Iterable[str], model: str) -> tuple[str, ...]:
    """Plain terms, each once, the first ones first, as many as Deepgram takes. Only Nova-3 takes any."""
    if not model.startswith("nova-3"):
        return ()
    kept: dict[str, str] = {}
    tokens = 0
    for wanted in vocabulary:
        term = " ".join(NOT_PLAIN.sub(" ", wanted).split())
        cost = len(TOKEN.findall(term))
        is_wanted = term and term.casefold() not in kept and len(term.split()) <= LONGEST_TERM
        if is_wanted and tokens + cost <= MOST_TOKENS and len(kept) < MOST_TERMS:
            kept[term.casefold()] = term
            tokens += cost
    return tuple(kept.values())

"""Who said it: the platform's turns, which tell who was flagged, weighed together with the diarized voice."""

from collections.abc import Sequence
from dataclasses import dataclass

from transcriber.turns import Claim, Turns
from transcriber.voices import Voices

NEARLY_ALL = 0.8
ABOUT_EQUAL = 0.8


@dataclass(frozen=True)
class Opinion:
    """Who said something, as far as is known now."""

    participant_id: str
    """Empty: nobody can tell."""
    is_firm: bool = False
    """Only one spoke, or it is known whose voice it is; not a guess."""
    certain: Claim | None = None
    """Of the only one who spoke there."""


class Judge:
    """Its opinion is only ever that of what its turns and voices know now."""

    def __init__(self, turns: Turns, voices: Voices) -> None:
        self._turns, self._voices = turns, voices

    def opinion(self, start_ms: int, end_ms: int, voice: str) -> Opinion:
        """Flags are wrong at times, so a voice whose owner may have spoken there outweighs them."""
        claims = self._turns.claims(start_ms, end_ms)
        claimants = [claim.participant_id for claim in claims]
        certain = certain_of(claims, end_ms - start_ms)
        owner = self._voices.owner(voice)
        if owner and (owner in claimants or not certain):
            return Opinion(owner, is_firm=True, certain=certain)
        if certain:
            return Opinion(certain.participant_id, is_firm=True, certain=certain)
        if not claims:
            return Opinion(self._turns.nearest(start_ms, end_ms))
        return Opinion(self._voices.owner(voice, claimants) or likeliest(claims).participant_id)


def certain_of(claims: Sequence[Claim], length_ms: int) -> Claim | None:
    """The only one who spoke there, as far as turns tell; None where two did, or nobody for most of it."""
    most = max(claims, key=lambda claim: claim.sure_ms, default=None)
    if most is None or most.sure_ms < max(length_ms / 2, 1):
        return None
    return most if most.sure_ms >= NEARLY_ALL * sum(claim.sure_ms for claim in claims) else None


def likeliest(claims: Sequence[Claim]) -> Claim:
    """The most overlap wins; about equal, who began last, because a missed stop leaves a turn open for ever."""
    best_ms = max(claim.covered_ms for claim in claims)
    equal = (claim for claim in claims if claim.covered_ms >= ABOUT_EQUAL * best_ms)
    return max(equal, key=lambda claim: claim.began_ms)

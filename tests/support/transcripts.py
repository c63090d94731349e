"""Meetings as text, for tests of what is made of them."""

import msgspec

from rehearsal.recordings import SAMPLE
from shared.events import Line

MS_PER_WORD = 400


def line(text: str, speaker: str = "Maya", *, start_ms: int = 0, end_ms: int | None = None, number: int = 0) -> Line:
    end_ms = start_ms + MS_PER_WORD * len(text.split()) if end_ms is None else end_ms
    return Line(id=f"l{number}", track="mixed", speaker=speaker, start_ms=start_ms, end_ms=end_ms, text=text)


def meeting(*said: str) -> list[Line]:
    """Each as `Maya: Good morning.`"""
    lines: list[Line] = []
    for number, entry in enumerate(said):
        speaker, _, text = entry.partition(": ")
        start_ms = lines[-1].end_ms + MS_PER_WORD if lines else 0
        lines.append(line(text, speaker, start_ms=start_ms, number=number))
    return lines


def sample() -> dict:
    """The JSON beside the shipped recording."""
    return msgspec.json.decode(SAMPLE.with_suffix(".json").read_bytes())


def standup() -> list[Line]:
    """The shipped meeting, as it was said; `l4` is segment 4."""
    return [
        line(
            segment["text"],
            segment["speaker"],
            start_ms=round(1000 * segment["start"]),
            end_ms=round(1000 * segment["end"]),
            number=number,
        )
        for number, segment in enumerate(sample()["segments"])
    ]


def committee() -> list[Line]:
    """People who talk less tidily than in the sample."""
    return meeting(*COMMITTEE.strip().split("\n"))


COMMITTEE = """
Nora: Evening everyone. Can you all hear me?
Ben: Loud and clear.
Nora: Great. First thing, the heating in the big hall. Ben, any news?
Ben: The plumber came on Monday. The pump is broken and a new one costs nine hundred and forty pounds.
Sofia: Ouch. Does the insurance cover that?
Ben: No, it's wear and tear, they won't pay.
Nora: Then we pay it from the reserve. Is everybody okay with that?
Sofia: Yes.
Ben: Yes, fine.
Nora: Good. Ben, could you order the pump?
Ben: Sure, I'll call the plumber first thing tomorrow.
Nora: Thank you. Next, the summer fair. Sofia?
Sofia: We have twenty two stalls so far, that's four more than last year. I'm still missing the permit from the council.
Nora: When did you apply?
Sofia: Five weeks ago. They usually take three.
Ben: My neighbour works at the council. I can ask her what is going on.
Sofia: Oh, that would be wonderful.
Nora: And what about the bouncy castle? It was a nightmare with the queue last time.
Ben: I'd suggest we drop it and get a second face painter instead.
Sofia: I like that.
Nora: Okay, no bouncy castle then. Who can find a face painter?
Sofia: I know somebody. I'll message her tonight.
Nora: Lovely. What's the date again?
Ben: Saturday the twenty first of June.
Nora: Right. We need to have the posters up by the end of May. Ben, are you doing those again?
Ben: I can do the design but I don't have time to hang them.
Nora: Then I will hang them myself. Please send me the file by Friday.
Ben: Will do.
Sofia: One more thing, should we take card payments? People kept asking.
Nora: I'm not sure. The fees are what, two percent?
Sofia: I could find out.
Nora: Yes, please do that before the next meeting.
Ben: Chime, how many stalls do we have?
Nora: All right, that's everything. Good night!
"""

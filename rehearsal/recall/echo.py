"""The bot's own clips in what it hears, for a request with `include_bot_in_recording.audio`."""

from array import array

from rehearsal.heard import RATE_HZ, Heard, HeardClip
from shared.streams import SAMPLE_RATE_HZ

LOUDEST = 32767


class Echo:
    """Adds each clip from the frame in which it begins, sample by sample, until its sound or somebody ends it."""

    def __init__(self, heard: Heard, bot_id: str) -> None:
        self._heard, self._bot_id = heard, bot_id
        self._done: dict[int, int] = {}
        """Samples of each clip that were added, by its place among the clips."""

    def added_to(self, pcm: bytes) -> bytes:
        """Frames that end within a sample stay as they are."""
        if len(pcm) % 2:
            return pcm
        sound = array("h", pcm)
        for place, clip in enumerate(self._heard.clips):
            if clip.bot_id == self._bot_id:
                self.add(place, clip, sound)
        return sound.tobytes()

    def add(self, place: int, clip: HeardClip, sound: "array[int]") -> None:
        own, begun = memoryview(clip.pcm).cast("h"), self._done.get(place, 0)
        length = min(len(own), round((clip.ends_ms - clip.begins_ms) * RATE_HZ / 1000))
        for n in range(len(sound)):
            at = (begun + n) * RATE_HZ // SAMPLE_RATE_HZ
            if at >= length:
                break
            sound[n] = max(-LOUDEST, min(LOUDEST, sound[n] + own[at]))
            self._done[place] = begun + n + 1

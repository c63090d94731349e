"""Audio → lines, with speaker and time.

Reads audio, Participant*, Speaking*, AudioEnded. Writes LineHeard together with the position in the audio, GapFound,
TranscriptCompleted, and CaptionChanged on the live stream.
"""

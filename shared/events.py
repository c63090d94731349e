"""Every event of chimein, declared once.

Commands are imperative, have one handler and may be refused; facts are in the past tense and stay on the meeting's
timeline. Times within a meeting (`*_ms`) count from the first audio sample; `at` is Unix milliseconds.
"""

import secrets
from typing import ClassVar, TypeVar

import msgspec

from shared.clock import Clock
from shared.errors import DecodeError


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """What every event carries."""

    id: str
    """Unique; an effect's id is derived from its cause, so that a repeated handler repeats the id."""
    meeting_id: str
    at: int
    """When it was written, Unix ms."""
    cause_id: str = ""
    """Id of the event that led to this one; a reply is found by it."""
    trace: str = ""
    """W3C traceparent."""


EventT = TypeVar("EventT", bound=Event)


# -- parts of events ---------------------------------------------------------------------------------------------


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a meeting was joined with."""

    bot_name: str = "Chime"
    language: str = "en"
    answer_when: str = "addressed"
    """`asked`: HTTP and console only; `addressed`: also by name in the meeting; `never`: no answer aloud."""
    speak: bool = True
    retention_hours: float = 168.0
    metadata: dict[str, str] = {}
    title: str = ""
    """What the meeting is about, as its invitation says."""
    vocabulary: list[str] = []
    """Names and terms that are likely to be said."""
    barge_in: bool = True
    """The assistant falls silent when somebody talks over it."""
    announce: str = "none"
    """How people are told that it listens: `chat`, `aloud`, `both` or `none`."""
    invited_by: str = ""
    """Who is named as the one who invited it."""
    outlet: str = "clips"
    """The way of speech into the meeting: `media`, a page in the bot; `clips`; `room`, the pages in the room."""


class SpokenWord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One word of a line as it is printed, with its times."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float = 1.0


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One final utterance."""

    id: str
    """Stable and unique in the meeting."""
    track: str
    speaker: str
    """The participant's name, or `Speaker 2` where nobody can tell."""
    participant_id: str = ""
    start_ms: int
    end_ms: int
    text: str
    confidence: float = 1.0
    """Mean of its words'; 1 where the engine does not tell."""
    language: str = ""
    """BCP 47; empty where the engine does not tell."""
    voice: str = ""
    """The diarized voice, never the same on two engine streams; empty where the engine does not tell voices apart."""
    words: list[SpokenWord] = []


class Cite(msgspec.Struct, frozen=True, kw_only=True):
    """A line that an answer or a briefing relies on."""

    line_id: str
    speaker: str
    at_ms: int


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a briefing and the lines that carry it."""

    text: str
    cites: list[Cite]


class ActionItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody took on. Owner and due are null unless they were said."""

    task: str
    owner: str | None
    due: str | None
    """In the words of the meeting."""
    due_on: str | None = None
    """The day that these words mean, as `2026-11-27`; null where they name none."""
    cites: list[Cite]


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """A briefing of a meeting so far."""

    title: str
    summary: str
    key_points: list[Point]
    decisions: list[Point]
    action_items: list[ActionItem]
    open_questions: list[Point]
    made_by: str
    """The model's name, or `rules, no language model`."""
    upto_line_id: str = ""
    """The last line it knows of."""
    since_ms: int = 0
    """It covers what was said from here on."""
    until_ms: int = 0
    """It covers what was said up to here; 0: up to its last line."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What one model call used, in tokens; zeros where no language model was used."""

    model: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


# -- commands ----------------------------------------------------------------------------------------------------


class JoinMeeting(Event, frozen=True, kw_only=True, tag="meeting.join"):
    """gateway → ingest. Replies: BotJoined, JoinRefused."""

    meeting_url: str
    settings: Settings
    public_url: str = ""
    """Where the platform reaches the gateway; the page in the bot is there, if that is its outlet."""


class LeaveMeeting(Event, frozen=True, kw_only=True, tag="meeting.leave"):
    """gateway → ingest. Replies: BotLeft, LeaveRefused."""


class EraseMeeting(Event, frozen=True, kw_only=True, tag="meeting.erase"):
    """gateway or brain → ingest. Reply: MeetingErased, the only entry of an otherwise empty timeline, and soon gone."""

    by: str = ""
    """The name of the key, or `in the meeting`; for the audit log."""


class EraseWords(Event, frozen=True, kw_only=True, tag="words.erase"):
    """gateway or brain → ingest: what one participant said and wrote so far. Reply: WordsErased."""

    participant_id: str
    until_ms: int = 0
    """Only what they said up to there: some of it turned out to be theirs later. 0: all so far, and what they wrote."""
    by: str = ""
    """The name of the key, or `in the meeting`; for the audit log."""


class ReportBotStatus(Event, frozen=True, kw_only=True, tag="bot.report_status"):
    """gateway → ingest: a verified status webhook of the platform."""

    bot_id: str
    code: str
    sub_code: str = ""
    updated_at_ms: int


class AskQuestion(Event, frozen=True, kw_only=True, tag="question.ask"):
    """gateway → brain. Replies: SentenceComposed one by one, then QuestionAnswered or QuestionFailed."""

    question: str
    asked_by: str = ""
    speak: bool = True


class SayText(Event, frozen=True, kw_only=True, tag="text.say"):
    """gateway → brain, which cuts it into sentences. Replies: SentenceComposed one by one; the last has `is_last`."""

    text: str


class WriteBrief(Event, frozen=True, kw_only=True, tag="brief.write"):
    """gateway or brain → brain. Replies: BriefWritten, BriefFailed."""

    since_ms: int = 0
    until_ms: int = 0
    """0: up to now."""


# -- facts: the meeting and its people (ingest) --------------------------------------------------------------------


class MeetingRequested(Event, frozen=True, kw_only=True, tag="meeting.requested"):
    """The first entry of a timeline, by the gateway."""

    platform: str
    settings: Settings


class BotJoined(Event, frozen=True, kw_only=True, tag="bot.joined"):
    """The platform took the bot; it may still wait in a lobby."""

    bot_id: str


class JoinRefused(Event, frozen=True, kw_only=True, tag="bot.join_refused"):
    """The platform did not take the bot. `category` is one of shared.errors.Category."""

    reason: str
    category: str


class MeetingStateChanged(Event, frozen=True, kw_only=True, tag="meeting.state_changed"):
    """`status` is one of shared.meetings.Status; `explanation` says what a person should do, if any."""

    status: str
    sub_code: str = ""
    explanation: str = ""
    reported_at_ms: int = 0
    """When the platform says it was so, Unix ms; 0 where chimein noticed it by itself."""


class BotLeft(Event, frozen=True, kw_only=True, tag="bot.left"):
    """Answers LeaveMeeting; `already` when there was nothing left to leave."""

    already: bool = False


class LeaveRefused(Event, frozen=True, kw_only=True, tag="bot.leave_refused"):
    """The platform did not let the bot leave now; the command may be sent again."""

    reason: str
    category: str


class MeetingErased(Event, frozen=True, kw_only=True, tag="meeting.erased"):
    """Everything kept of the meeting is gone; `stores` names what was erased, with counts."""

    stores: dict[str, int]
    tenant: str = ""
    """Who may still see this; empty for the only one."""
    vendors: dict[str, str] = {}
    """What was asked of each vendor that had a part in it; the words are those of shared.meetings.Erasure."""


class WordsErased(Event, frozen=True, kw_only=True, tag="words.erased"):
    """By ingest: one participant's words and name are gone from the timeline, whose entries keep their places.

    Whoever remembers them forgets them too: shared/erased.py says what is left.
    """

    participant_id: str
    until_ms: int
    """The end of the last line that anybody had said by then: what comes later is kept."""
    line_ids: frozenset[str]
    message_ids: frozenset[str] = frozenset()
    """Of the chat."""
    question_ids: frozenset[str] = frozenset()
    """Questions that they asked."""
    answer_ids: frozenset[str] = frozenset()
    """Questions whose answers relied on their words, or may have."""
    stores: dict[str, int] = {}
    """What was erased, with counts."""
    vendors: dict[str, str] = {}
    """What becomes of the copies of vendors; the words are those of shared.meetings.Erasure."""


class ParticipantJoined(Event, frozen=True, kw_only=True, tag="participant.joined"):
    """By ingest, from the platform."""

    participant_id: str
    name: str
    is_host: bool = False


class ParticipantLeft(Event, frozen=True, kw_only=True, tag="participant.left"):
    """By ingest, from the platform."""

    participant_id: str
    name: str


class ParticipantRenamed(Event, frozen=True, kw_only=True, tag="participant.renamed"):
    """By ingest: a participant goes by another name from now on. Lines said before keep the name they have."""

    participant_id: str
    name: str


class SpeakingStarted(Event, frozen=True, kw_only=True, tag="speaking.started"):
    """By ingest: the platform noticed that a participant speaks. Read by the transcriber to name speakers."""

    participant_id: str
    name: str
    source_ms: int


class SpeakingStopped(Event, frozen=True, kw_only=True, tag="speaking.stopped"):
    """By ingest: the counterpart of SpeakingStarted."""

    participant_id: str
    name: str
    source_ms: int


class ChatReceived(Event, frozen=True, kw_only=True, tag="chat.received"):
    """By ingest: somebody wrote in the meeting's chat."""

    participant_id: str
    name: str
    text: str
    to: str = "everyone"


class VocabularyChanged(Event, frozen=True, kw_only=True, tag="vocabulary.changed"):
    """By the gateway: the names and terms that are likely to be said, in place of those before."""

    vocabulary: list[str]


class RecordPaused(Event, frozen=True, kw_only=True, tag="record.paused"):
    """By the gateway or the brain: the meeting is off the record. Nothing is heard or kept until RecordResumed."""

    by: str
    """The name of a participant, or of a key."""
    via: str
    """`api`, `voice` or `chat`."""
    from_ms: int = 0
    """What was said after this, in source time, is not kept; 0: from now on."""


class RecordResumed(Event, frozen=True, kw_only=True, tag="record.resumed"):
    """By the gateway or the brain: back on the record."""

    by: str
    via: str


class WishHeard(Event, frozen=True, kw_only=True, tag="wish.heard"):
    """By the brain: somebody in the meeting wants it to pause, go on, leave or forget. The speaker answers."""

    wish: str
    """One of shared.wishes.Wish."""
    by: str
    via: str
    """`voice` or `chat`."""
    participant_id: str = ""
    """Whose wish it is; empty where nobody can tell."""


class ConsentAnnounced(Event, frozen=True, kw_only=True, tag="consent.announced"):
    """By the speaker: people were told who listens, what is kept and how to object. No line is written before it."""

    via: str
    """`chat`, `aloud`, `both`; `none` where neither was possible."""
    text: str
    problem: str = ""
    """Why it could not be said where it should have been."""


class NoticeChatted(Event, frozen=True, kw_only=True, tag="notice.chatted"):
    """Written before the message is sent: after a crash it is not sent again. cause_id is what it confirms."""

    text: str


class GapFound(Event, frozen=True, kw_only=True, tag="audio.gap_found"):
    """By the transcriber: audio that never came; the transcript says so instead of hiding it."""

    track: str
    from_ms: int
    to_ms: int
    cause: str


class AudioEnded(Event, frozen=True, kw_only=True, tag="audio.ended"):
    """By ingest: no more audio will come. Read by the transcriber, which finishes the transcript."""

    heard_ms: int
    """End of the last chunk of the longest track."""
    expected_ms: int = 0
    """How long the platform recorded, as far as it told; more than `heard_ms` when the end of the audio never came."""


# -- facts: what was said (transcriber) ----------------------------------------------------------------------------


class LineHeard(Event, frozen=True, kw_only=True, tag="line.heard"):
    """A final line, committed together with the position in the audio. Read by brain and gateway."""

    line: Line
    final_after_ms: int = 0
    """From the end of the utterance in source time to this entry, on the clock that paces the audio; a latency."""


class CaptionChanged(Event, frozen=True, kw_only=True, tag="caption.changed"):
    """An interim caption; only on the live stream, never on the timeline. Replaces the track's caption before it."""

    track: str
    speaker: str
    start_ms: int
    end_ms: int
    text: str


class SpeakerCorrected(Event, frozen=True, kw_only=True, tag="line.speaker_corrected"):
    """Later evidence tells who said a line."""

    line_id: str
    speaker: str
    participant_id: str = ""


class HearingTroubled(Event, frozen=True, kw_only=True, tag="hearing.troubled"):
    """Words of a track are late or may be missing. `trouble` is one of shared.meetings.Trouble."""

    track: str
    trouble: str
    explanation: str


class HearingRecovered(Event, frozen=True, kw_only=True, tag="hearing.recovered"):
    """The trouble of that name is over."""

    track: str
    trouble: str


class TranscriptCompleted(Event, frozen=True, kw_only=True, tag="transcript.completed"):
    """Every track is committed to its end. `verdict`: complete, partial, silent or lost."""

    verdict: str
    heard_ms: int
    missing_ms: int
    lines: int


# -- facts: questions, answers, briefings (brain; Asked also by the gateway) ---------------------------------------


class Asked(Event, frozen=True, kw_only=True, tag="question.asked"):
    """Somebody asked: over HTTP (`via` = `api`), by name in the meeting (`voice`) or in its chat (`chat`)."""

    question: str
    asked_by: str
    via: str
    question_id: str
    """The id that answer events carry as cause_id."""
    replaces: str = ""
    """Id of the question that this one is the whole of: its answer is not wanted any more."""


class SentenceComposed(Event, frozen=True, kw_only=True, tag="sentence.composed"):
    """One sentence to be said or shown, in order of `n`. Read by the speaker when `speak`."""

    n: int
    text: str
    speak: bool
    cites: list[Cite] = []
    is_last: bool = False
    model_asked_at: int = 0
    """Unix ms; only of an answer's first sentence."""
    first_token_at: int = 0
    """When the model's first piece of text came, Unix ms; only of an answer's first sentence."""
    text_at: int = 0
    """When the model had written it, Unix ms; only of an answer's first sentence."""


class QuestionAnswered(Event, frozen=True, kw_only=True, tag="question.answered"):
    """The whole answer; its cites exist."""

    question: str
    asked_by: str
    answer: str
    cites: list[Cite]
    spoken: bool
    """Its sentences were handed to the speaker."""
    usage: Usage = Usage()
    model_ms: int = 0
    """From the start of work to the first token."""


class QuestionFailed(Event, frozen=True, kw_only=True, tag="question.failed"):
    """The question ends without an answer; `reason` is for people."""

    question: str
    reason: str
    category: str


class BriefWritten(Event, frozen=True, kw_only=True, tag="brief.written"):
    """A briefing."""

    brief: Brief
    usage: Usage = Usage()


class ChapterNoted(Event, frozen=True, kw_only=True, tag="chapter.noted"):
    """Notes of some minutes of a long meeting, taken as it goes on. Read by the brain in place of their lines."""

    n: int
    line_ids: list[str]
    points: list[Point]
    usage: Usage = Usage()


class BriefFailed(Event, frozen=True, kw_only=True, tag="brief.failed"):
    """No briefing could be made."""

    reason: str
    category: str


# -- facts: sound in the meeting (speaker; Hushed by the gateway) ---------------------------------------------------


class SpeechStarted(Event, frozen=True, kw_only=True, tag="speech.started"):
    """Written before the outlet is called: after a crash the sentence is not said again. cause_id is the sentence."""

    text: str
    duration_ms: int
    """As far as the sentence was made by then; estimated where it was not made to its end."""
    first_audio_ms: int
    """From SentenceComposed to the first byte of the voice."""
    voice_asked_at: int = 0
    """Unix ms."""
    first_audio_at: int = 0
    """When the first byte of the voice was there, Unix ms."""
    turn_at: int = 0
    """When it was its turn: nobody else spoke, and no sentence was before it. Unix ms."""
    voice: str = ""
    """Whose sound it is: `deepgram`, `openai`, `embedded`."""


class SpeechFinished(Event, frozen=True, kw_only=True, tag="speech.finished"):
    """The sentence was said to its end. cause_id is the sentence."""

    heard_ms: int = 0
    """How long it was."""


class SpeechCut(Event, frozen=True, kw_only=True, tag="speech.cut"):
    """The sentence was not said, or not to its end. cause_id is the sentence."""

    reason: str
    heard: str = ""
    """The words of it that were heard."""
    heard_ms: int = 0


class AnswerChatted(Event, frozen=True, kw_only=True, tag="answer.chatted"):
    """Written before the message is sent: after a crash it is not sent again. cause_id is the question."""

    text: str


class Hushed(Event, frozen=True, kw_only=True, tag="speech.hushed"):
    """Somebody wants silence: what is being said stops, what waits is dropped."""

    by: str


Command = JoinMeeting | LeaveMeeting | EraseMeeting | EraseWords | ReportBotStatus | AskQuestion | SayText | WriteBrief
Fact = (
    MeetingRequested
    | BotJoined
    | JoinRefused
    | MeetingStateChanged
    | BotLeft
    | LeaveRefused
    | MeetingErased
    | WordsErased
    | ParticipantJoined
    | ParticipantLeft
    | ParticipantRenamed
    | SpeakingStarted
    | SpeakingStopped
    | ChatReceived
    | VocabularyChanged
    | RecordPaused
    | RecordResumed
    | WishHeard
    | ConsentAnnounced
    | NoticeChatted
    | GapFound
    | AudioEnded
    | LineHeard
    | CaptionChanged
    | SpeakerCorrected
    | HearingTroubled
    | HearingRecovered
    | TranscriptCompleted
    | Asked
    | SentenceComposed
    | QuestionAnswered
    | QuestionFailed
    | BriefWritten
    | BriefFailed
    | ChapterNoted
    | SpeechStarted
    | SpeechFinished
    | SpeechCut
    | Hushed
    | AnswerChatted
)
AnyEvent = Command | Fact


class Codec:
    """Events to and from the two fields of a stream entry: the type's tag beside the msgpack body."""

    TYPE: ClassVar[bytes] = b"type"
    BODY: ClassVar[bytes] = b"body"

    def __init__(self) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)
        self._tags = {str(kind.__struct_config__.tag) for kind in kinds()}

    def encode(self, event: Event) -> tuple[bytes, bytes]:
        """The tag and the body."""
        return tag_of(type(event)).encode(), self._encoder.encode(event)

    def decode(self, fields: dict[bytes, bytes]) -> AnyEvent:
        """Raises DecodeError; `reason` is `unknown type` for a tag that this version does not know."""
        tag = fields.get(self.TYPE, b"").decode(errors="replace")
        if tag not in self._tags:
            raise DecodeError(tag, "unknown type")
        try:
            event = self._decoder.decode(fields.get(self.BODY, b""))
        except (msgspec.DecodeError, RecursionError) as error:
            raise DecodeError(tag, str(error)) from error
        if tag_of(type(event)) != tag:
            raise DecodeError(tag, f"the body is a {tag_of(type(event))}")
        return event


def kinds() -> tuple[type[Event], ...]:
    """Every event class."""
    return AnyEvent.__args__


def tag_of(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


def new_id() -> str:
    return secrets.token_hex(8)


def effect(kind: type[EventT], cause: Event, key: str | int, clock: Clock, **fields: object) -> EventT:
    """An event that `cause` led to. `key` tells one cause's effects apart and must repeat when the handler does."""
    return kind(
        id=f"{cause.id}/{key}",
        cause_id=cause.id,
        meeting_id=cause.meeting_id,
        at=clock.now_ms(),
        trace=cause.trace,
        **fields,
    )


CODEC = Codec()

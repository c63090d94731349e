"""A bot of the Recall stand-in, as the REST interface sees it."""

import asyncio
import uuid
from collections import defaultdict

from rehearsal.recall.order import Order, Request, described_url
from rehearsal.recall.platform import Platform
from rehearsal.recall.playout import Playout
from rehearsal.recall.recorder import Recorder
from rehearsal.recall.standing import OVER, Standing

AS_REQUESTED = ("chat", "variant", "zoom", "google_meet", "breakout_room")


class Bot:
    """Who it is, where it stands, and what it records."""

    def __init__(self, body: dict[str, object], platform: Platform, playout: Playout) -> None:
        self.id = str(uuid.uuid4())
        self.playout = playout
        self.request = Request(body)
        self.standing = Standing(self.id, self.request, platform)
        self.recorder = Recorder(self.standing, playout, platform)
        self.rescheduled = asyncio.Event()
        self.admitted = asyncio.Event()
        self.output_media = self.request.output_media
        """What its page shows, by `camera` or `screenshare`."""
        self.chats: list[str] = []
        self.media_deleted = False

    @property
    def order(self) -> Order:
        return self.request.order

    @property
    def metadata(self) -> dict[str, str]:
        return self.order.metadata or {}

    @property
    def is_in_call(self) -> bool:
        return self.reached["in_call_not_recording"].is_set() and self.status not in OVER

    @property
    def takes_clips(self) -> bool:
        return bool(self.request.body.get("automatic_audio_output")) and not self.output_media

    @property
    def status(self) -> str:
        """Empty until it is dispatched."""
        return self.standing.code

    @property
    def status_changes(self) -> list[dict[str, str | None]]:
        return self.standing.changes

    @property
    def reached(self) -> defaultdict[str, asyncio.Event]:
        """Events by status code."""
        return self.standing.reached

    def end(self, sub_code: str, code: str = "call_ended") -> None:
        """The call is over for the bot; the first reason counts."""
        self.standing.end(sub_code, code)

    def change(self, body: dict[str, object]) -> None:
        """It was not dispatched yet."""
        self.request.change(body)
        self.rescheduled.set()

    def described(self) -> dict[str, object]:
        """The Bot object of Recall's answers."""
        body = self.request.body
        return {
            "id": self.id,
            "meeting_url": described_url(self.order.meeting_url),
            "bot_name": body.get("bot_name", "Meeting Notetaker"),
            "join_at": body.get("join_at"),
            "recording_config": body.get("recording_config"),
            "status_changes": self.status_changes,
            "recordings": [] if self.media_deleted else [take.described() for take in self.recorder.takes],
            "output_media": self.output_media or None,
            "automatic_video_output": None,
            "automatic_audio_output": None,
            "automatic_leave": body.get("automatic_leave") or {},
            "calendar_meetings": [],
            "slack_team": None,
            **{name: body.get(name) for name in AS_REQUESTED},
            "metadata": self.metadata,
        }

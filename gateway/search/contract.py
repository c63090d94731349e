"""What a search is told, and what it finds."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gateway.requests import Request
from gateway.search.fragments import Piece


class SearchQuery(Request, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What is looked for, and where."""

    q: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="Words that were all said in one line; capitals and accents make no difference, the last word "
            "may be the beginning of one",
            examples=["release date"],
        ),
    ]
    speaker: Annotated[str, Meta(max_length=100, description="Who said it: the name, or a part of it")] = ""
    from_: Annotated[
        str, Meta(max_length=40, description="Said at this time or later: Unix ms, or ISO 8601 as 2026-11-25")
    ] = ""
    to: Annotated[str, Meta(max_length=40, description="Said before this time")] = ""
    meeting_id: Annotated[str, Meta(max_length=64, description="In this meeting only")] = ""
    order: Annotated[
        Literal["newest", "best"],
        Meta(description="`newest`: the newest meeting first, in it the latest line; `best`: what fits best"),
    ] = "newest"
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, Meta(max_length=100, description="`next_cursor` of the page before")] = ""


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    meeting_id: str
    title: str
    """Of the meeting, as it was joined with."""
    meeting_created_at: int
    """Unix ms."""
    line_id: str
    speaker: str
    at: int
    """When it was said, Unix ms."""
    start_ms: int
    """From the first audio of the meeting."""
    fragment: list[Piece]
    """The line, or the part of it around the words; joined, the pieces are the text."""


class SearchResults(msgspec.Struct, frozen=True, kw_only=True):
    """Lines with all the words."""

    hits: list[SearchHit]
    next_cursor: str | None
    """null on the last page."""
    complete: bool
    """Every server that keeps meetings was asked; false where one of several is away."""

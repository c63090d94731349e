"""Meeting links as people paste them: checked, cleaned and told apart. Nothing is ever fetched."""

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

LONGEST = 2048
ACCEPTED = "a Zoom, Google Meet, Microsoft Teams or Webex link, for example https://zoom.us/j/1234567890?pwd=secret"

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,}")
UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\\]")

ZOOM_NUMBER = re.compile(r"/(?P<kind>j|s|w)/(?P<number>\d{9,12})/?", re.ASCII)
ZOOM_WEB_CLIENT = re.compile(r"/wc/(?:join/(?P<after>\d{9,12})|(?P<before>\d{9,12})(?:/(?:join|start))?)/?", re.ASCII)
ZOOM_PERSONAL = re.compile(r"/my/(?P<name>[A-Za-z0-9][A-Za-z0-9._\-]*)/?", re.ASCII)
MEET_CODE = re.compile(r"/(?P<code>[A-Za-z]{3}-[A-Za-z]{4}-[A-Za-z]{3})/?")
TEAMS_CLASSIC = re.compile(r"/l/(?P<form>meetup-join|message)/(?P<thread>[^/]+)/(?P<number>\d+)/?", re.ASCII)
TEAMS_THREAD = re.compile(r"\d+:[\w.\-+=@]+", re.ASCII)
TEAMS_SHORT = re.compile(r"/meet/(?P<number>\d{6,20})/?", re.ASCII)
WEBEX_MEETING = re.compile(r"(?:/[\w.\-]+)*/j\.php", re.ASCII)
WEBEX_ROOM = re.compile(r"/(?:meet|join)/(?P<room>[\w.\-]+)/?", re.ASCII)


class MeetingLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that the bot can be sent to."""

    platform: str
    """`zoom`, `google_meet`, `microsoft_teams`, `microsoft_teams_live` or `webex`."""
    url: str
    """Normalised; holds the passcode where the link had one, so it is a secret."""
    key: str
    """Equal for links to the same meeting; holds no passcode."""


def parse_meeting_url(text: str) -> MeetingLink:
    """Raises ValueError whose text says what is wrong and what to paste; it never repeats a passcode."""
    parts = split(unwrap(split(clean(text))))
    for domains, read in PLATFORMS:
        if any(is_at(parts.netloc, domain) for domain in domains):
            return read(parts)
    raise ValueError(f"{parts.netloc} is not a meeting platform that the bot can join: paste {ACCEPTED}")


def clean(text: str) -> str:
    """Without what mail programs and sentences put around a link."""
    url = text.strip().strip("<>\"'()[]").rstrip(".,;:!?>)]\"'").strip()
    if not url:
        raise ValueError(f"the meeting link is empty: paste {ACCEPTED}")
    if len(url) > LONGEST:
        raise ValueError(f"the meeting link is longer than {LONGEST} characters: paste only the link")
    if UNPRINTABLE.search(url):
        raise ValueError("the meeting link holds spaces, backslashes or invisible characters: paste only the link")
    return url if SCHEME.match(url) else f"https://{url}"


def split(url: str) -> SplitResult:
    """The parts of a web address that names a public host and nothing more."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"the meeting link cannot be read as a web address: paste {ACCEPTED}") from error
    if parts.scheme not in {"https", "http"} or not parts.netloc:
        raise ValueError(f"the meeting link must begin with https://, not {parts.scheme}: paste {ACCEPTED}")
    if "@" in parts.netloc:
        raise ValueError("the meeting link has a user name before its host: paste the link from the invitation")
    if port not in {None, 80, 443}:
        raise ValueError(f"the meeting link names port {port}: paste the link from the invitation")
    host = (parts.hostname or "").removesuffix(".")
    if not HOST.fullmatch(host):
        raise ValueError(f"the meeting link has no host name of a meeting platform: paste {ACCEPTED}")
    return parts._replace(scheme="https", netloc=host)


def unwrap(parts: SplitResult) -> str:
    """The link inside what mail filters wrap around it."""
    query = dict(parse_qsl(parts.query))
    if is_at(parts.netloc, ".safelinks.protection.outlook.com") and "url" in query:
        return clean(query["url"])
    if parts.netloc == "www.google.com" and parts.path == "/url" and query.keys() & {"q", "url"}:
        return clean(query.get("q") or query["url"])
    return parts.geturl()


def is_at(host: str, domain: str) -> bool:
    """A domain with a leading dot stands for itself and every name below it."""
    return f".{host}".endswith(domain) if domain.startswith(".") else host == domain


def link(platform: str, parts: SplitResult, path: str, keep: set[str], key: str) -> MeetingLink:
    """With only the query parameters that the platform needs to let somebody in."""
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] in keep], quote_via=quote)
    url = f"https://{parts.netloc}{path}{'?' if query else ''}{query}"
    return MeetingLink(platform=platform, url=url, key=key)


def read_zoom(parts: SplitResult) -> MeetingLink:
    keep = {"pwd", "tk", "zak"}
    if found := ZOOM_NUMBER.fullmatch(parts.path):
        path, number = f"/{found['kind']}/{found['number']}", found["number"]
        return link("zoom", parts, path, keep, f"zoom:{number}")
    if found := ZOOM_WEB_CLIENT.fullmatch(parts.path):
        number = found["after"] or found["before"]
        return link("zoom", parts, f"/j/{number}", keep, f"zoom:{number}")
    if found := ZOOM_PERSONAL.fullmatch(parts.path):
        return link("zoom", parts, f"/my/{found['name']}", keep, f"zoom:my:{found['name'].lower()}")
    raise ValueError("this Zoom link names no meeting: paste one like https://zoom.us/j/1234567890?pwd=secret")


def read_meet(parts: SplitResult) -> MeetingLink:
    if not (found := MEET_CODE.fullmatch(parts.path)):
        raise ValueError("this Google Meet link names no meeting: paste one like https://meet.google.com/abc-defg-hij")
    code = found["code"].lower()
    return link("google_meet", parts, f"/{code}", set(), f"meet:{code}")


def read_teams(parts: SplitResult) -> MeetingLink:
    found = TEAMS_CLASSIC.fullmatch(parts.path)
    if found and TEAMS_THREAD.fullmatch(thread := unquote(found["thread"])):
        path = f"/l/{found['form']}/{quote(thread, safe='')}/{found['number']}"
        return link("microsoft_teams", parts, path, {"context"}, f"teams:{thread}:{found['number']}")
    if found := TEAMS_SHORT.fullmatch(parts.path):
        number = found["number"]
        return link("microsoft_teams", parts, f"/meet/{number}", {"p"}, f"teams:{number}")
    raise ValueError(
        "this Teams link names no meeting: paste one like https://teams.microsoft.com/l/meetup-join/… "
        "or https://teams.microsoft.com/meet/1234567890123?p=secret"
    )


def read_teams_live(parts: SplitResult) -> MeetingLink:
    if not (found := TEAMS_SHORT.fullmatch(parts.path)):
        raise ValueError(
            "this Teams link names no meeting: paste one like https://teams.live.com/meet/1234567890123?p=secret"
        )
    number = found["number"]
    return link("microsoft_teams_live", parts, f"/meet/{number}", {"p"}, f"teamslive:{number}")


def read_webex(parts: SplitResult) -> MeetingLink:
    site = parts.netloc.removesuffix(".webex.com")
    meeting = {name.upper(): value for name, value in parse_qsl(parts.query)}.get("MTID", "")
    if WEBEX_MEETING.fullmatch(parts.path) and re.fullmatch(r"\w+", meeting, re.ASCII):
        bare = parts._replace(query=f"MTID={meeting}")
        return link("webex", bare, parts.path, {"MTID"}, f"webex:{site}:{meeting.lower()}")
    if found := WEBEX_ROOM.fullmatch(parts.path):
        return link("webex", parts, parts.path.rstrip("/"), set(), f"webex:{site}:{found['room'].lower()}")
    raise ValueError(
        "this Webex link names no meeting: paste one like https://acme.webex.com/acme/j.php?MTID=m0123 "
        "or https://acme.webex.com/meet/ada"
    )


def refuse_goto(_: SplitResult) -> MeetingLink:
    raise ValueError(f"GoTo meetings cannot be listened to live: paste {ACCEPTED}")


def refuse_slack(_: SplitResult) -> MeetingLink:
    raise ValueError(f"Slack huddles cannot be joined by a link: paste {ACCEPTED}")


PLATFORMS: tuple[tuple[tuple[str, ...], Callable[[SplitResult], MeetingLink]], ...] = (
    ((".zoom.us", ".zoom.com", ".zoomgov.com"), read_zoom),
    (("meet.google.com",), read_meet),
    (("teams.microsoft.com", "teams.cloud.microsoft", "gov.teams.microsoft.us"), read_teams),
    (("teams.live.com",), read_teams_live),
    ((".webex.com",), read_webex),
    (("app.goto.com", "meet.goto.com"), refuse_goto),
    (("app.slack.com",), refuse_slack),
)
"""Whose host it is, and who reads the rest."""

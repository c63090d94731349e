import pytest

from shared.meeting_urls import parse_meeting_url

THREAD = "19%3Ameeting_Abc%40thread.v2"
CONTEXT = "%7B%22Tid%22%3A%22a%22%2C%22Oid%22%3A%22b%22%7D"
TEAMS = f"https://teams.microsoft.com/l/meetup-join/{THREAD}/0?context={CONTEXT}"

ACCEPTED = [
    ("https://zoom.us/j/1234567890", "https://zoom.us/j/1234567890", "zoom:1234567890"),
    ("https://zoom.us/j/1234567890?pwd=a.b-1", "https://zoom.us/j/1234567890?pwd=a.b-1", "zoom:1234567890"),
    ("https://acme.zoom.us/j/123456789", "https://acme.zoom.us/j/123456789", "zoom:123456789"),
    ("https://us02web.zoom.us/j/12345678901?tk=t", "https://us02web.zoom.us/j/12345678901?tk=t", "zoom:12345678901"),
    ("https://acme.zoom.com/j/123456789", "https://acme.zoom.com/j/123456789", "zoom:123456789"),
    ("https://acme.zoomgov.com/j/1234567890", "https://acme.zoomgov.com/j/1234567890", "zoom:1234567890"),
    ("https://zoom.us/s/1234567890?zak=z", "https://zoom.us/s/1234567890?zak=z", "zoom:1234567890"),
    ("https://zoom.us/w/1234567890?pwd=x", "https://zoom.us/w/1234567890?pwd=x", "zoom:1234567890"),
    ("https://zoom.us/wc/join/1234567890?pwd=x", "https://zoom.us/j/1234567890?pwd=x", "zoom:1234567890"),
    ("https://app.zoom.us/wc/1234567890/join?pwd=x", "https://app.zoom.us/j/1234567890?pwd=x", "zoom:1234567890"),
    ("https://app.zoom.us/wc/1234567890/start", "https://app.zoom.us/j/1234567890", "zoom:1234567890"),
    ("https://zoom.us/my/Ada.Lovelace", "https://zoom.us/my/Ada.Lovelace", "zoom:my:ada.lovelace"),
    ("https://zoom.us/j/1234567890/?utm_source=x#success", "https://zoom.us/j/1234567890", "zoom:1234567890"),
    ("http://zoom.us/j/1234567890", "https://zoom.us/j/1234567890", "zoom:1234567890"),
    ("zoom.us/j/1234567890?pwd=x", "https://zoom.us/j/1234567890?pwd=x", "zoom:1234567890"),
    ("HTTPS://ZOOM.US/j/1234567890", "https://zoom.us/j/1234567890", "zoom:1234567890"),
    ("https://zoom.us:443/j/1234567890", "https://zoom.us/j/1234567890", "zoom:1234567890"),
    ("https://zoom.us./j/1234567890", "https://zoom.us/j/1234567890", "zoom:1234567890"),
    ("  <https://zoom.us/j/1234567890>.\n", "https://zoom.us/j/1234567890", "zoom:1234567890"),
    ("https://meet.google.com/abc-defg-hij", "https://meet.google.com/abc-defg-hij", "meet:abc-defg-hij"),
    ("https://meet.google.com/ABC-defg-hij?authuser=1", "https://meet.google.com/abc-defg-hij", "meet:abc-defg-hij"),
    ("meet.google.com/abc-defg-hij", "https://meet.google.com/abc-defg-hij", "meet:abc-defg-hij"),
    (TEAMS, TEAMS, "teams:19:meeting_Abc@thread.v2:0"),
    (
        'https://teams.microsoft.com/l/meetup-join/19:meeting_Abc@thread.v2/0?context={"Tid":"a","Oid":"b"}',
        TEAMS,
        "teams:19:meeting_Abc@thread.v2:0",
    ),
    (
        f"https://teams.microsoft.com/l/message/{THREAD}/1700000000000",
        f"https://teams.microsoft.com/l/message/{THREAD}/1700000000000",
        "teams:19:meeting_Abc@thread.v2:1700000000000",
    ),
    (
        "https://teams.microsoft.com/meet/2312345678901?p=Secret",
        "https://teams.microsoft.com/meet/2312345678901?p=Secret",
        "teams:2312345678901",
    ),
    (
        "https://teams.cloud.microsoft/meet/2312345678901?p=Secret",
        "https://teams.cloud.microsoft/meet/2312345678901?p=Secret",
        "teams:2312345678901",
    ),
    (
        "https://teams.live.com/meet/9312345678901?p=Secret&utm_campaign=x",
        "https://teams.live.com/meet/9312345678901?p=Secret",
        "teamslive:9312345678901",
    ),
    (
        "https://acme.webex.com/acme/j.php?MTID=m0A1",
        "https://acme.webex.com/acme/j.php?MTID=m0A1",
        "webex:acme:m0a1",
    ),
    ("https://acme.webex.com/j.php?mtid=m01", "https://acme.webex.com/j.php?MTID=m01", "webex:acme:m01"),
    ("https://acme.webex.com/meet/Ada.L", "https://acme.webex.com/meet/Ada.L", "webex:acme:ada.l"),
    (
        "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fzoom.us%2Fj%2F1234567890%3Fpwd%3Dx&data=05",
        "https://zoom.us/j/1234567890?pwd=x",
        "zoom:1234567890",
    ),
    (
        "https://www.google.com/url?q=https://zoom.us/j/1234567890?pwd%3Dx&sa=D",
        "https://zoom.us/j/1234567890?pwd=x",
        "zoom:1234567890",
    ),
]

NOT_A_PLATFORM = [
    "https://evilzoom.us/j/1234567890",
    "https://zoom.us.example.com/j/1234567890",
    "https://zoom-us.com/j/1234567890",
    "https://meet.google.com.evil.org/abc-defg-hij",
    "https://evil.org/meet.google.com/abc-defg-hij",
    "https://notmeet.google.com/abc-defg-hij",
    "https://teams.microsoft.com.evil.org/meet/2312345678901",
    "https://evil.teams.live.com/meet/9312345678901",
    "https://evilwebex.com/meet/ada",
    "https://example.com/?next=https://zoom.us/j/1234567890",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://zооm.us/j/1234567890",  # Cyrillic, which is the trick
    "https://xn--zm-emca.us/j/1234567890",
    "hello.world",
    "https://bit.ly/3abcdef",
]
NOT_A_HOST = [
    "https://2130706433/j/1234567890",
    "https://0x7f000001/j/1234567890",
    "https://017700000001/j/1234567890",
    "https://127.0.0.1/j/1234567890",
    "https://127.1/j/1234567890",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/j/1234567890",
    "https://[::ffff:127.0.0.1]/j/1234567890",
    "https://[::ffff:7f00:1]/j/1234567890",
    "https://localhost/j/1234567890",
    "https://zoom/j/1234567890",
    "https://%7Aoom.us/j/1234567890",
    "https:///j/1234567890",
    "https://-zoom.us/j/1234567890",
    "https://zoom..us/j/1234567890",
    "https://zoom。us/j/1234567890",
]
NOT_A_SCHEME = [
    "file:///etc/passwd",
    "ftp://zoom.us/j/1234567890",
    "javascript:alert(1)",
    "data:text/html,x",
    "gopher://zoom.us/j/1234567890",
    "zoommtg://zoom.us/join?confno=1234567890",
    "ws://zoom.us/j/1234567890",
    "mailto:ada@zoom.us",
]
NOT_A_LINK = [
    ("", "empty"),
    (" \n", "empty"),
    ("https://zoom.us/j/1234567890 please join", "only the link"),
    ("https://zoom.us/j/123\t4567890", "only the link"),
    ("https://zoom.us\\@evil.org/j/1234567890", "only the link"),
    ("https://zoom\u200b.us/j/1234567890", "only the link"),
    ("https://zoom.us/j/1234567890?pwd=" + "x" * 3000, "longer than"),
    ("https://zoom.us@evil.org/j/1234567890", "user name"),
    ("https://ada:secret@zoom.us/j/1234567890", "user name"),
    ("https://zoom.us:8080/j/1234567890", "port 8080"),
    ("https://zoom.us:99999/j/1234567890", "cannot be read"),
    ("https://[zoom.us]/j/1234567890", "cannot be read"),
]
NO_MEETING = [
    ("https://zoom.us/", "Zoom"),
    ("https://zoom.us/j/12345", "Zoom"),
    ("https://zoom.us/j/1234567890/../../oauth", "Zoom"),
    ("https://zoom.us/j/１２３４５６７８９０", "Zoom"),  # digits of another script
    ("https://zoom.us/oauth/authorize?redirect_uri=x", "Zoom"),
    ("https://meet.google.com/", "Google Meet"),
    ("https://meet.google.com/abcd-efgh-ijk", "Google Meet"),
    ("https://meet.google.com/lookup/standup", "Google Meet"),
    ("https://teams.microsoft.com/l/channel/19%3Ax%40thread.v2/General", "Teams"),
    ("https://teams.microsoft.com/l/meetup-join/%2e%2e%2Fx/0", "Teams"),
    ("https://teams.live.com/free", "Teams"),
    ("https://acme.webex.com/acme/j.php", "Webex"),
    ("https://acme.webex.com/webappng/sites/acme", "Webex"),
    ("https://app.goto.com/meeting/123456789", "GoTo"),
    ("https://app.slack.com/huddle/T1/C1", "Slack"),
]


@pytest.mark.parametrize(("text", "url", "key"), ACCEPTED)
def test_a_meeting_link_is_normalised_and_known_by_its_key(text: str, url: str, key: str) -> None:
    link = parse_meeting_url(text)
    assert (link.url, link.key) == (url, key)


@pytest.mark.parametrize(("text", "url", "key"), ACCEPTED)
def test_a_normalised_link_is_its_own_normal_form(text: str, url: str, key: str) -> None:
    assert parse_meeting_url(url) == parse_meeting_url(text)


@pytest.mark.parametrize("text", NOT_A_PLATFORM)
def test_another_host_is_refused_and_the_accepted_platforms_are_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"meeting platform.*Zoom, Google Meet, Microsoft Teams or Webex"):
        parse_meeting_url(text)


@pytest.mark.parametrize("text", NOT_A_HOST)
def test_an_address_without_a_public_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host name|https://"):
        parse_meeting_url(text)


@pytest.mark.parametrize("text", NOT_A_SCHEME)
def test_another_scheme_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must begin with https://"):
        parse_meeting_url(text)


@pytest.mark.parametrize(("text", "complaint"), NOT_A_LINK)
def test_what_is_not_one_plain_link_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_meeting_url(text)


@pytest.mark.parametrize(("text", "platform"), NO_MEETING)
def test_a_platform_link_without_a_meeting_says_what_to_paste(text: str, platform: str) -> None:
    with pytest.raises(ValueError, match=rf"{platform}.*paste"):
        parse_meeting_url(text)


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("https://zoom.us/j/1234567890", "zoom"),
        ("https://meet.google.com/abc-defg-hij", "google_meet"),
        (TEAMS, "microsoft_teams"),
        ("https://teams.live.com/meet/9312345678901", "microsoft_teams_live"),
        ("https://acme.webex.com/meet/ada", "webex"),
    ],
)
def test_the_platform_is_named_as_recall_names_it(text: str, platform: str) -> None:
    assert parse_meeting_url(text).platform == platform


def test_a_refusal_never_repeats_a_passcode() -> None:
    with pytest.raises(ValueError, match="Zoom") as refusal:
        parse_meeting_url("https://zoom.us/x/1?pwd=CANARY")
    assert "CANARY" not in str(refusal.value)


def test_a_wrapped_link_to_another_host_is_refused() -> None:
    with pytest.raises(ValueError, match="not a meeting platform"):
        parse_meeting_url("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.org%2Fj%2F1234567890")

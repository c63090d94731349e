from rehearsal.numbered_links import link_of
from shared.meeting_urls import parse_meeting_url


def test_every_number_is_a_call_of_its_own() -> None:
    links = {parse_meeting_url(link_of(number)).key for number in range(1500)}
    assert len(links) == 1500

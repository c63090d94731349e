"""Names and terms: cleaned, and on the timeline."""

import pytest

from gateway.vocabulary import cleaned
from shared.events import CODEC, VocabularyChanged


def test_each_term_is_there_once_as_it_was_written_first():
    assert cleaned(["OKR", "Ada  Lovelace", "okr", "Straße", "STRASSE"]) == ["OKR", "Ada Lovelace", "Straße"]


def test_control_characters_and_empty_terms_are_gone():
    assert cleaned(["a\x00b", "\u200b", " ", "", "\tc\n"]) == ["a b", "c"]


async def test_new_terms_are_a_fact_on_the_timeline(fake_rig):
    meeting_id = await fake_rig.meeting()
    response = await fake_rig.client.put(f"/meetings/{meeting_id}/vocabulary", json={"vocabulary": ["OKR", "okr "]})
    assert (response.status, await response.json()) == (200, {"meeting_id": meeting_id, "vocabulary": ["OKR"]})
    last = [CODEC.decode(entry.fields) for entry in await fake_rig.bus.timeline(meeting_id)][-1]
    assert isinstance(last, VocabularyChanged)
    assert last.vocabulary == ["OKR"]


async def test_empty_list_takes_all_terms_back(fake_rig):
    meeting_id = await fake_rig.meeting()
    response = await fake_rig.client.put(f"/meetings/{meeting_id}/vocabulary", json={"vocabulary": []})
    assert (response.status, (await response.json())["vocabulary"]) == (200, [])


@pytest.mark.parametrize("body", [{}, {"vocabulary": "OKR"}, {"vocabulary": ["x" * 61]}, {"vocabulary": ["x"] * 101}])
async def test_what_is_no_list_of_terms_names_the_field_and_writes_nothing(fake_rig, body):
    meeting_id = await fake_rig.meeting()
    response = await fake_rig.client.put(f"/meetings/{meeting_id}/vocabulary", json=body)
    problem = await response.json()
    assert (response.status, problem["errors"][0]["field"].partition("[")[0]) == (422, "vocabulary")
    assert len(await fake_rig.bus.timeline(meeting_id)) == 1


async def test_unknown_meeting_is_404(fake_rig):
    response = await fake_rig.client.put(f"/meetings/m-07-{'0' * 20}/vocabulary", json={"vocabulary": []})
    assert response.status == 404

import pytest

from rehearsal.deepgram.commands import Command, command_of


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"type":"KeepAlive"}', Command("KeepAlive")),
        ('{"type":"Finalize","channel":0}', Command("Finalize", channel=0)),
        ('{"type":"CloseStream"}', Command("CloseStream")),
        ('{"type":"Configure","keyterms":["Maya"]}', Command("Configure", keyterms=("Maya",))),
        ('{"type":"Configure","features":{"numerals":true}}', Command("Configure", features={"numerals": True})),
        ('{"type":"KeepAlive","mood":"calm"}', Command("KeepAlive")),
    ],
)
def test_each_command_is_understood(text: str, command: Command) -> None:
    assert command_of(text) == command


@pytest.mark.parametrize("text", ["", "KeepAlive", "[]", '{"type":"Sing"}', '{"type":"Configure","keyterms":"Maya"}'])
def test_anything_else_is_no_command(text: str) -> None:
    assert command_of(text) is None

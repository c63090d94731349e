"""What a receipt says of vendors."""

import pytest

from gateway.vendors import vendor_erasure


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("recall", "confirmed", "has nothing left"),
        ("recall", "requested", "until it confirms"),
        ("deepgram", "no_call", "DEEPGRAM_OPT_OUT"),
        ("gpt-5.4-mini", "no_call", "OpenAI offers no call"),
        ("llama-3", "no_call", "your server's settings"),
    ],
)
def test_nothing_is_claimed_that_nobody_confirmed(name: str, state: str, said: str) -> None:
    erasure = vendor_erasure(name, state)
    assert (erasure.vendor, erasure.state) == (name, state)
    assert said in erasure.explanation

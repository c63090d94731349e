import httpx2
import openai
import pytest

from brain.adapters.chat_client import Call, ChatClient, of_status
from shared.errors import Category

CALL = Call("m-1", [{"role": "user", "content": "Who?"}], 100)


async def arguments(base_url: str) -> dict[str, object]:
    client = ChatClient("key", model="gpt-5.4-mini", base_url=base_url)
    found = client.arguments(CALL)
    await client.close()
    return found


@pytest.mark.parametrize("base_url", ["", "https://api.openai.com/v1", "https://eu.api.openai.com/v1"])
async def test_openai_is_told_where_to_look_in_its_cache(base_url: str) -> None:
    found = await arguments(base_url)
    assert found["prompt_cache_key"] == "m-1"
    assert found["max_completion_tokens"] == 100
    assert "max_tokens" not in found


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:11434/v1", "https://notopenai.com/v1"])
async def test_other_servers_are_not(base_url: str) -> None:
    found = await arguments(base_url)
    assert "prompt_cache_key" not in found
    assert found["max_tokens"] == 100


def refused(status: int, code: str | None = None, **headers: str) -> openai.APIStatusError:
    response = httpx2.Response(status, headers=headers, request=httpx2.Request("POST", "http://x/v1"))
    return openai.APIStatusError("no", response=response, body={"code": code})


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (refused(400), Category.INVALID),
        (refused(400, "context_length_exceeded"), Category.INVALID),
        (refused(403), Category.AUTHENTICATION),
        (refused(418), Category.INVALID),
        (refused(429), Category.RATE_LIMIT),
        (refused(429, "insufficient_quota"), Category.AUTHENTICATION),
        (refused(503), Category.UNAVAILABLE),
    ],
)
def test_a_status_says_why(error: openai.APIStatusError, category: Category) -> None:
    assert of_status(error, "gpt").category is category


def test_a_meeting_too_long_for_the_model_is_called_so() -> None:
    assert "too long" in of_status(refused(400, "context_length_exceeded"), "gpt").reason


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("Wed, 21 Oct", None), ("", None)])
def test_the_time_to_wait_is_kept(value: str, seconds: float | None) -> None:
    assert of_status(refused(429, **{"retry-after": value}), "gpt").retry_after_s == seconds

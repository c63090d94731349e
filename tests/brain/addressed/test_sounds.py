import pytest

from brain.addressed.sounds import may_be


@pytest.mark.parametrize("heard", ["Chime", "chime", "Chimes", "Chyme", "Shime", "Chaim", "Chai-m", "Shyme"])
def test_spellings_of_the_name_are_known(heard: str) -> None:
    assert may_be(heard, "Chime")


NEAR_MISSES = (
    "Time chair chain China chimney shine chin shame chimp charm climb crime rhyme dime Jaime Chime's chiming Tom"
)


@pytest.mark.parametrize("heard", [*NEAR_MISSES.split(), "", "…"])
def test_near_misses_are_not_the_name(heard: str) -> None:
    assert not may_be(heard, "Chime")


@pytest.mark.parametrize(
    ("heard", "name"), [("Filip", "Philip"), ("Mackie", "Mackie"), ("Nova", "Nova"), ("Cate", "Kate")]
)
def test_other_names_are_compared_by_sound_too(heard: str, name: str) -> None:
    assert may_be(heard, name)


def test_nothing_is_called_nothing() -> None:
    assert not may_be("", "")

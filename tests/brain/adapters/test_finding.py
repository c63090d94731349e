import pytest

from brain.adapters.finding import find_model


@pytest.mark.engine
def test_the_model_is_found_with_its_tokenizer() -> None:
    folder = find_model()
    assert folder
    assert (folder / "tokenizer.json").is_file()


def test_a_package_without_the_files_holds_no_model() -> None:
    assert find_model("msgspec") is None


def test_a_package_that_is_not_there_holds_no_model() -> None:
    assert find_model("no_such_package_at_all") is None

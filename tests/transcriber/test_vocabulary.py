"""What an engine is told to listen for."""

import pytest

from transcriber.vocabulary import terms_of


@pytest.mark.parametrize(
    ("title", "vocabulary", "names", "terms"),
    [
        ("", [], [], ()),
        ("", ["Kubernetes", " kubernetes "], ["Maya", "Tom"], ("Maya", "Tom", "Kubernetes")),
        ("the Q3 review of Atlas", [], [], ("Q3", "review", "Atlas")),
        ("CI/CD & R2-D2", [], [], ("CI/CD", "R2-D2")),
        ("Atlas", ["ATLAS"], [], ("ATLAS",)),
        ("", ["  ", "two\n words"], [], ("two words",)),
    ],
)
def test_terms(title: str, vocabulary: list[str], names: list[str], terms: tuple[str, ...]):
    assert terms_of(title, vocabulary, names) == terms

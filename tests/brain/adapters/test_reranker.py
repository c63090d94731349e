import pytest

from brain.adapters.finding import find_model
from brain.adapters.reranker import Reranker

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def reranker() -> Reranker:
    folder = find_model()
    assert folder
    return Reranker(folder)


def test_an_answer_scores_high_and_anything_else_low(reranker: Reranker) -> None:
    right, wrong = reranker.score("Who orders the pump?", ["Ben: I will order the pump.", "Ana: It rained all day."])
    assert right > 0
    assert wrong < -4


def test_a_very_long_passage_is_read_at_its_beginning(reranker: Reranker) -> None:
    assert len(reranker.score("Who orders the pump?", ["Ben: I will order the pump. " + "word " * 5000])) == 1


def test_no_passage_has_no_score(reranker: Reranker) -> None:
    assert reranker.score("Who?", []) == []

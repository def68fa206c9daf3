import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.classifier.measures import measure, threshold_for

LABELS = ("a", "b", "c", "d")


def sure_of(*answers: tuple[str, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = np.zeros((len(answers), len(LABELS)))
    for row, (label, confidence) in zip(rows, answers, strict=True):
        row[:] = (1 - confidence) / (len(LABELS) - 1)
        row[LABELS.index(label)] = confidence
    return rows


def test_a_label_that_the_model_does_not_know_is_an_error() -> None:
    measured = measure(sure_of(("a", 0.9), ("a", 0.9)), LABELS, ["a", "unheard-of"], (0.5, 0.95))
    assert (measured.accuracy, measured.top3) == (0.5, 0.5)
    assert (measured.coverage_95, measured.coverage_98) == (1.0, 0.0)
    assert measured.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert measured.ece == pytest.approx(0.4)


def test_the_threshold_is_the_least_that_keeps_the_precision() -> None:
    confidence = np.linspace(1, 0.01, 100)
    correct = np.array([True] * 60 + [False] * 40)
    threshold = threshold_for(0.95, confidence, correct)
    sure = confidence >= threshold
    assert correct[sure].mean() >= 0.95
    assert sure.sum() == 63


def test_where_no_threshold_keeps_the_precision_nothing_is_sure() -> None:
    assert threshold_for(0.95, np.linspace(0, 1, 100), np.zeros(100, bool)) > 1


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.8, 0.9, 1.0]), st.booleans()), min_size=1, max_size=200))
def test_answers_at_the_threshold_are_right_often_enough(answers: list[tuple[float, bool]]) -> None:
    confidence, correct = np.array([c for c, _ in answers]), np.array([r for _, r in answers])
    sure = confidence >= threshold_for(0.95, confidence, correct)
    assert not sure.any() or correct[sure].mean() >= 0.95

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.router.classifier.calibration import Calibration, calibrate, fit_calibration
from services.router.classifier.measures import error_of_calibration

rows = st.lists(st.lists(st.floats(-8, 8), min_size=4, max_size=4), min_size=1, max_size=20)
maps = st.lists(st.floats(0, 1), min_size=2, max_size=6).map(
    lambda y: Calibration(np.linspace(0, 0.9, len(y), dtype=np.float32), np.array(sorted(y), np.float32))
)


@given(rows, maps)
def test_calibrated_probabilities_sum_to_one_and_keep_the_first(scores: list[list[float]], known: Calibration) -> None:
    before = np.array(scores, np.float32)
    after = calibrate(before, known)
    assert np.allclose(after.sum(axis=1), 1, atol=1e-5)
    assert (after >= -1e-6).all()
    first = after[np.arange(len(after)), before.argmax(axis=1)]
    assert (first >= after.max(axis=1) - 1e-5).all()


def test_who_sounds_surer_than_right_is_told_so() -> None:
    random = np.random.default_rng(1)
    said = random.uniform(0.3, 1, 4000)
    correct = random.random(4000) < said**2
    pairs = np.stack([said, 1 - said], axis=1).astype(np.float32)
    two = pairs[said > 0.5]
    known = fit_calibration(said, correct)
    assert error_of_calibration(two.max(axis=1), correct[said > 0.5]) > 0.1
    after = np.interp(said, *known)
    assert error_of_calibration(after, correct) < 0.02


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=300))
def test_surer_never_means_less_often_right(pairs: list[tuple[float, bool]]) -> None:
    said, correct = np.array([p for p, _ in pairs]), np.array([c for _, c in pairs])
    known = fit_calibration(said, correct)
    assert (np.diff(known.true) >= -1e-6).all()
    assert (np.diff(known.said) >= -1e-6).all()

"""The bounds of the detectors as policy: optional, counted for its hash, and refused where they say nothing."""

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.hotline import POLICY
from shared.detection import BOUNDS
from shared.policy_files import PolicyInvalid, load_policy
from tests.unit.shared.small_policy import write_policy


def test_the_file_is_optional_and_counts_for_the_hash_of_the_policy(tmp_path: Path) -> None:
    without = load_policy(write_policy(tmp_path))
    with_one = load_policy(write_policy(tmp_path, inaction="bounds:\n  overdue_days: 30\n"))
    assert without.detection == BOUNDS
    assert with_one.detection.overdue == timedelta(days=30)
    assert with_one.detection == BOUNDS.model_copy(update={"overdue_days": 30})
    assert without.hash != with_one.hash


def test_the_county_of_the_demonstration_writes_out_the_defaults() -> None:
    assert load_policy(POLICY).detection == BOUNDS


@pytest.mark.parametrize(
    ("written", "message", "mend"),
    [
        ("tolerated_late: 1", "bounds.tolerated_late is '1'", "write less than 1"),
        ("tolerated_late: 0", "bounds.tolerated_late is '0'", "write more than 0"),
        ("habit_false_alarms: 0.5", "bounds.habit_false_alarms is '0.5'", "write at most 0.05"),
        ("dissatisfied: 1", "bounds.dissatisfied is '1'", "write at least 2"),
        ("tolerated_late: often", "bounds.tolerated_late is 'often'", "write a number such as 0.15"),
        ("tolerated_lateness: 0.2", "unknown field bounds.tolerated_lateness", "write 'tolerated_late'"),
    ],
)
def test_a_bound_that_would_suspect_everybody_or_nobody_is_refused_with_its_mend(
    tmp_path: Path, written: str, message: str, mend: str
) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        load_policy(write_policy(tmp_path, inaction=f"bounds:\n  {written}\n"))
    [problem] = refused.value.problems
    assert f"inaction.yaml:2: {message}" in str(problem)
    assert mend in str(problem)

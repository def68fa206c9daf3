"""False closure: closed unasked, closed against the reporter's word, reopened."""

from typing import Any

import pytest

from services.tracker.inaction.detectors.false_closure import false_closure
from shared.language import Confidentiality, InactionKind, Satisfaction
from tests.unit.tracker.inaction.detectors.cases import case

UNASKED = {"closed": True, "contacted": False}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (UNASKED, "未经回访即办结"),
        ({"closed": True, "contacted": True, "satisfaction": Satisfaction.DISSATISFIED}, "不满意的情况下办结"),
        ({"reworks": 2}, "2次因诉求人不满意被退回重办"),
    ],
)
def test_a_case_that_was_closed_as_if_it_were_done_is_suspected(changes: dict[str, Any], said: str) -> None:
    suspicion = false_closure(case(**changes))
    assert suspicion is not None
    assert suspicion.kind is InactionKind.FALSE_CLOSURE
    assert said in suspicion.evidence


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"closed": True, "contacted": True, "satisfaction": Satisfaction.SATISFIED},
        {"closed": True, "contacted": True, "satisfaction": Satisfaction.BASICALLY_SATISFIED, "reworks": 1},
        {**UNASKED, "callback_tried": True},
        {**UNASKED, "confidentiality": Confidentiality.ANONYMOUS},
        {"closed": True, "contacted": None},
    ],
)
def test_a_case_whose_reporter_was_asked_or_cannot_be_is_not(changes: dict[str, Any]) -> None:
    assert false_closure(case(**changes)) is None

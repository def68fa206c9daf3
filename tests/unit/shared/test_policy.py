import pytest
from pydantic import ValidationError

from shared.policy import CaseTerms, Condition, Rule, content_hash
from shared.term import Term


def test_the_hash_does_not_depend_on_the_order_of_fields() -> None:
    assert content_hash({"a": {"x": "1", "y": "2"}}) == content_hash({"a": {"y": "2", "x": "1"}})


def test_the_hash_depends_on_the_order_of_lists() -> None:
    assert content_hash({"rules": ["first", "second"]}) != content_hash({"rules": ["second", "first"]})


def test_the_hash_depends_on_what_is_said() -> None:
    assert content_hash({"a": "早"}) != content_hash({"a": "晚"})


@pytest.mark.parametrize(
    ("acknowledge", "reply", "warn_before"),
    [("1wd", "3wd", "3wd"), ("1wd", "3wd", "4wd"), ("2h", "2h", "120m"), ("30m", "1h", "61m")],
)
def test_a_warning_that_would_come_before_the_case_is_refused(acknowledge: str, reply: str, warn_before: str) -> None:
    with pytest.raises(ValidationError, match="write a shorter warn_before"):
        CaseTerms.model_validate({"acknowledge": acknowledge, "reply": reply, "warn_before": warn_before})


def test_an_acknowledgement_later_than_the_reply_is_refused() -> None:
    with pytest.raises(ValidationError, match="write at most 3wd"):
        CaseTerms.model_validate({"acknowledge": "4wd", "reply": "3wd", "warn_before": "1wd"})


def test_terms_whose_units_cannot_be_compared_are_taken_as_they_are() -> None:
    terms = CaseTerms.model_validate({"acknowledge": "2h", "reply": "1wd", "warn_before": "4h"})
    assert (terms.acknowledge, terms.reply, terms.warn_before) == (
        Term.parse("2h"),
        Term.parse("1wd"),
        Term.parse("4h"),
    )


def test_a_rule_without_a_condition_is_refused() -> None:
    with pytest.raises(ValidationError, match="takes every complaint"):
        Condition.model_validate({"without_words": ["演练"]})


@pytest.mark.parametrize("targets", [{}, {"matter": "floods", "department": "water"}])
def test_a_rule_has_exactly_one_target(targets: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="write either matter or department"):
        Rule.model_validate({"code": "r", "when": {"words": ["山洪"]}, "why": "因为所以。", **targets})

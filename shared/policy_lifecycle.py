"""What a county's policy says of returns, suspension, extension, explanations: optional sections of ``terms.yaml``.

Without them hold the values here: a department may return a case within one working day of acknowledging it; a case is
suspended at most twice, each time for 20 working days at most and for one of five reasons; the reply is extended once,
by 10 working days at most, that of an urgent case by 2 hours; a suspicion of inaction is explained within 3.
"""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.term import Term, WrittenTerm

__all__ = ["ExplanationRules", "ExtensionRules", "ReturnRules", "SuspensionReason", "SuspensionRules"]

_Times = Annotated[int, Field(ge=0, le=20)]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReturnRules(_Section):
    # How long after its acknowledgement a department may still ask to return a case (退单).
    window: WrittenTerm = Term.parse("1wd")


class SuspensionReason(_Section):
    code: _Code
    name: _Name


_REASONS = (
    SuspensionReason(code="awaiting-appraisal", name="等待检验、检测、鉴定、评估结果"),
    SuspensionReason(code="awaiting-decision", name="等待其他机关的决定、裁决或者判决"),
    SuspensionReason(code="awaiting-reporter", name="等待诉求人补充材料或者配合调查"),
    SuspensionReason(code="force-majeure", name="自然灾害等不可抗力"),
    SuspensionReason(code="reporters-request", name="诉求人请求暂缓办理"),
)


class SuspensionRules(_Section):
    # The closed list of reasons for which a case may be suspended (中止).
    reasons: Annotated[tuple[SuspensionReason, ...], Field(min_length=1)] = _REASONS
    # How long one suspension lasts at most, and how many a case may have.
    longest: WrittenTerm = Term.parse("20wd")
    at_most: _Times = 2

    @model_validator(mode="after")
    def _names_each_reason_once(self) -> Self:
        codes = [reason.code for reason in self.reasons]
        for code in codes:
            if codes.count(code) > 1:
                raise ValueError(f"the reason {code!r} is written twice; keep one of the two")
        return self

    def name_of(self, code: str) -> str | None:
        """The reason in Chinese; None where the list has no such code."""
        return next((reason.name for reason in self.reasons if reason.code == code), None)


class ExtensionRules(_Section):
    # How long one extension (延期) is at most, and how many a case may have.
    longest: WrittenTerm = Term.parse("10wd")
    urgent_longest: WrittenTerm = Term.parse("2h")
    at_most: _Times = 1


class ExplanationRules(_Section):
    # How long the accused department has to explain itself before anybody may confirm a suspicion of inaction.
    term: WrittenTerm = Term.parse("3wd")

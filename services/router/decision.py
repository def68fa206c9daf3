"""A decision: where a complaint goes, the sentence that says why, and what it rests on."""

from dataclasses import dataclass, field
from typing import Any

from services.router.evidence import Evidence
from services.router.runners_up import RunnerUp
from shared.language import DecisionSource, DepartmentCode


@dataclass(frozen=True, slots=True)
class Decision:
    department: DepartmentCode
    source: DecisionSource
    # One sentence in Chinese that a person can read aloud.
    reason: str
    policy_hash: str
    rule: str | None = None
    matter: str | None = None
    accused: DepartmentCode | None = None
    lawful_channel: str | None = None
    evidence: tuple[Evidence, ...] = ()
    # Which other departments the text speaks for, best first.
    runners_up: tuple[RunnerUp, ...] = field(default=())
    # Of the matter, as the responsibility list has it.
    legal_basis: tuple[str, ...] = ()
    # In doubt: the department that would have got it but that it may be about.
    held_for: DepartmentCode | None = None
    # 协办: who helps the department, where a rule makes it a joint matter.
    co_handlers: tuple[DepartmentCode, ...] = ()
    # Of the classifier that was in service, whichever step decided.
    model_hash: str | None = None
    # Every department that the complaint accuses, the first being `accused`.
    implicated: tuple[DepartmentCode, ...] = ()

    def evidence_json(self) -> dict[str, Any]:
        """What decided, in the form in which it is stored."""
        return {
            "words": [one._asdict() for one in self.evidence],
            "runners_up": [other.as_json() for other in self.runners_up],
            "legal_basis": list(self.legal_basis),
            "held_for": self.held_for,
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "department": self.department,
            "source": self.source,
            "rule": self.rule,
            "matter": self.matter,
            "accused": self.accused,
            "reason": self.reason,
            "lawful_channel": self.lawful_channel,
            "co_handlers": list(self.co_handlers),
            **self.evidence_json(),
            "policy_hash": self.policy_hash,
            "model_hash": self.model_hash,
        }

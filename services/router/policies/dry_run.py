"""What a changed policy or model would have done with complaints that were decided already. Nothing is written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.router.decision import Decision
from shared.events import ComplaintReceived
from shared.language import DecisionSource, DepartmentCode
from shared.policy import Policy

__all__ = ["Changes", "Replayed"]

EXAMPLES = 3
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Replayed:
    """A kept complaint, where the router placed it first, and where a person did later (None: nobody had to)."""

    complaint: ComplaintReceived
    department: DepartmentCode
    source: DecisionSource
    by_people: DepartmentCode | None


@dataclass(slots=True)
class Changes:
    """Counts by department and by pair, with a few examples: no larger for a million complaints than for ten."""

    before: Counter[DepartmentCode] = field(default_factory=Counter)
    after: Counter[DepartmentCode] = field(default_factory=Counter)
    moved: Counter[tuple[DepartmentCode, DepartmentCode]] = field(default_factory=Counter)
    examples: dict[tuple[DepartmentCode, DepartmentCode], list[tuple[str, str]]] = field(default_factory=dict)
    steps_before: Counter[str] = field(default_factory=Counter)
    steps_after: Counter[str] = field(default_factory=Counter)
    # Of those that people placed: how many, and how many each policy had placed as they did.
    by_people: int = 0
    right_before: int = 0
    right_after: int = 0

    @property
    def total(self) -> int:
        return self.before.total()

    def add(self, replayed: Sequence[Replayed], decisions: Sequence[Decision]) -> None:
        """Count a batch: each complaint with the decision that the changed policy makes."""
        for one, now in zip(replayed, decisions, strict=True):
            self.before[one.department] += 1
            self.after[now.department] += 1
            self.steps_before[one.source] += 1
            self.steps_after[now.source] += 1
            if one.by_people is not None:
                self.by_people += 1
                self.right_before += one.department == one.by_people
                self.right_after += now.department == one.by_people
            if now.department != one.department:
                pair = one.department, now.department
                self.moved[pair] += 1
                shown = self.examples.setdefault(pair, [])
                if len(shown) < EXAMPLES:
                    shown.append((_shortened(one.complaint.text), now.reason))

    def as_json(self, policy: Policy) -> dict[str, Any]:
        return {
            "policy_hash": policy.hash,
            "complaints": self.total,
            "changed": self.moved.total(),
            "departments": [
                {
                    "department": code,
                    "name": policy.name_of(code),
                    "before": self.before[code],
                    "after": self.after[code],
                }
                for code in sorted({*self.before, *self.after})
            ],
            "moves": [
                {
                    "from": source,
                    "from_name": policy.name_of(source),
                    "to": target,
                    "to_name": policy.name_of(target),
                    "complaints": count,
                    "examples": [{"text": text, "reason": reason} for text, reason in self.examples[source, target]],
                }
                for (source, target), count in self.moved.most_common()
            ],
            "steps": {
                step: {"before": self.steps_before[step], "after": self.steps_after[step]}
                for step in sorted({*self.steps_before, *self.steps_after})
            },
            "placed_by_people": {
                "complaints": self.by_people,
                "right_before": self.right_before,
                "right_after": self.right_after,
            },
        }

    def lines(self, policy: Policy) -> Iterator[str]:
        """For people, in sentences and columns."""
        yield f"{self.total} complaints replayed, {self.moved.total()} would go elsewhere. Policy {policy.hash}"
        if self.by_people:
            yield (
                f"Of {self.by_people} that people placed, the router had placed {self.right_before} likewise; "
                f"now it would place {self.right_after} likewise."
            )
        for step in sorted({*self.steps_before, *self.steps_after}):
            yield f"  by {step:<22}{self.steps_before[step]:>9} -> {self.steps_after[step]}"
        for code in sorted({*self.before, *self.after}):
            if self.before[code] != self.after[code]:
                yield f"  {code:<25}{self.before[code]:>9} -> {self.after[code]}  {policy.name_of(code)}"
        for (source, target), count in self.moved.most_common():
            yield f"{count} from {source} to {target}, such as"
            for text, reason in self.examples[source, target]:
                yield f"    {text}"
                yield f"      {reason}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"

"""What a changed policy or model would have done with complaints that were decided already. Nothing is written."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.router.decision import Decision
from shared.events import ComplaintReceived
from shared.language import DecisionSource, DepartmentCode
from shared.policy import Policy

__all__ = ["Changes", "Replayed", "in_order"]

EXAMPLES = 3
SHOWN = 60


# In the order of their codes.
Departments = tuple[DepartmentCode, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A kept complaint, what the router decided first, and where a person placed it later (None: nobody had to)."""

    complaint: ComplaintReceived
    department: DepartmentCode
    source: DecisionSource
    by_people: DepartmentCode | None
    co_handlers: Departments
    accused: Departments


@dataclass(slots=True)
class Shifts:
    """How many changed from what to what, with a few examples of each: text and new reason."""

    counted: Counter[tuple[Departments, Departments]] = field(default_factory=Counter)
    examples: dict[tuple[Departments, Departments], list[tuple[str, str]]] = field(default_factory=dict)

    def total(self) -> int:
        return self.counted.total()

    def add(self, before: Departments, after: Departments, complaint: ComplaintReceived, decision: Decision) -> None:
        """Count one where the two differ."""
        if before == after:
            return
        self.counted[before, after] += 1
        shown = self.examples.setdefault((before, after), [])
        if len(shown) < EXAMPLES:
            shown.append((_shortened(complaint.text), decision.reason))

    def examples_json(self, pair: tuple[Departments, Departments]) -> list[dict[str, str]]:
        return [{"text": text, "reason": reason} for text, reason in self.examples[pair]]


@dataclass(slots=True)
class Changes:
    """Counts by department and by pair, with a few examples: no larger for a million complaints than for ten."""

    before: Counter[DepartmentCode] = field(default_factory=Counter)
    after: Counter[DepartmentCode] = field(default_factory=Counter)
    moved: Shifts = field(default_factory=Shifts)
    # Beside the lead: of those that stay where they are as of those that go elsewhere.
    co_handlers: Shifts = field(default_factory=Shifts)
    accused: Shifts = field(default_factory=Shifts)
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
            self.moved.add((one.department,), (now.department,), one.complaint, now)
            self.co_handlers.add(in_order(one.co_handlers), in_order(now.co_handlers), one.complaint, now)
            self.accused.add(in_order(one.accused), in_order(now.implicated), one.complaint, now)

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
                    "examples": self.moved.examples_json(((source,), (target,))),
                }
                for ((source,), (target,)), count in self.moved.counted.most_common()
            ],
            "co_handlers": _beside(self.co_handlers, policy),
            "accused": _beside(self.accused, policy),
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
        yield (
            f"{self.co_handlers.total()} would have other co-handlers, {self.accused.total()} would accuse other "
            "departments, whether they go elsewhere or not."
        )
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
        for ((source,), (target,)), count in self.moved.counted.most_common():
            yield from _told(self.moved, ((source,), (target,)), f"{count} from {source} to {target}, such as")
        for shifts, what in ((self.co_handlers, "co-handlers"), (self.accused, "accused")):
            for (before, after), count in shifts.counted.most_common():
                change = f"from {', '.join(before) or 'nobody'} to {', '.join(after) or 'nobody'}"
                yield from _told(shifts, (before, after), f"{count} {what} {change}, such as")


def in_order(departments: Collection[DepartmentCode]) -> Departments:
    return tuple(sorted(departments))


def _beside(shifts: Shifts, policy: Policy) -> dict[str, Any]:
    return {
        "changed": shifts.total(),
        "changes": [
            {
                "from": list(before),
                "from_names": [policy.name_of(code) for code in before],
                "to": list(after),
                "to_names": [policy.name_of(code) for code in after],
                "complaints": count,
                "examples": shifts.examples_json((before, after)),
            }
            for (before, after), count in shifts.counted.most_common()
        ],
    }


def _told(shifts: Shifts, pair: tuple[Departments, Departments], heading: str) -> Iterator[str]:
    yield heading
    for text, reason in shifts.examples[pair]:
        yield f"    {text}"
        yield f"      {reason}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"

"""A county's policy: who answers for what, within which terms, and where a complaint goes.

A policy is data (``deploy/policy/<county>/*.yaml``), read and checked as a whole by ``shared.policy_files`` and named
by the hash of its content, so that every decision and every deadline can say which policy it followed.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.counting import Counting
from shared.detection import Bounds
from shared.escalation import Escalation
from shared.language import Channel, DepartmentCode, Kind, Urgency
from shared.notices import Notice
from shared.policy_incidents import IncidentRules
from shared.policy_lifecycle import ExplanationRules, ExtensionRules, ReturnRules, SuspensionRules
from shared.policy_templates import Template
from shared.term import Term, Unit, WrittenTerm, not_shorter

__all__ = [
    "AccusationWords",
    "CaseTerms",
    "Condition",
    "Department",
    "DepartmentKind",
    "Matter",
    "OutOfScope",
    "Policy",
    "Rule",
    "Statutory",
    "certainly_longer",
    "content_hash",
]

# A single character is found in almost every text, so no word of a policy is that short.
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=40)]
Words = Annotated[tuple[Word, ...], Field(min_length=1)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=400)]
# Written by hand and quoted in decisions; the same form as a department code.
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]


# No rule names a period: the law asks for the shortest that the purpose needs (Personal Information Protection Law,
# art. 19). Assumed is the general limitation period (Civil Code, art. 188), within which a case may come to court.
DEFAULT_RETENTION = timedelta(days=3 * 365)
# An assumption too: a little more than the ten working days of a reply.
DEFAULT_REPEAT_WINDOW = timedelta(days=15)


class PolicyRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DepartmentKind(StrEnum):
    GOVERNMENT = "government"
    PUBLIC_UTILITY = "public_utility"
    SUPERVISION = "supervision"
    TRIAGE = "triage"


class Department(PolicyRecord):
    code: DepartmentCode
    name: Name
    kind: DepartmentKind = DepartmentKind.GOVERNMENT
    # What people call it, its branches included: 城管, 派出所.
    short_names: tuple[Word, ...] = ()
    # What people call its officers: 城管队员, 民警.
    titles: tuple[Word, ...] = ()
    # May fine, seize or close: 行政执法.
    enforcement: bool = False


class Statutory(PolicyRecord):
    """How long the law gives an authority, from the day on which it received the matter, and which law that is."""

    reply: WrittenTerm
    legal_basis: Sentence


class Matter(PolicyRecord):
    """An entry (事项) of the county's responsibility list (权责清单)."""

    code: Code
    name: Name
    department: DepartmentCode
    keywords: Words
    # Words that also say where something happened or who was there (医院, 学校): they weigh little.
    hints: tuple[Word, ...] = ()
    legal_basis: tuple[Sentence, ...] = ()
    # Takes the place of the one of the complaint's kind.
    statutory: Statutory | None = None


class Condition(PolicyRecord):
    """What a rule asks for; every line that is given must hold, any entry of a line is enough."""

    words: tuple[Word, ...] = ()
    and_words: tuple[Word, ...] = ()
    without_words: tuple[Word, ...] = ()
    # The matter that the keywords speak for most.
    matters: tuple[Code, ...] = ()
    # Part of the complaint's place, or of its text where no place is given.
    places: tuple[Word, ...] = ()
    channels: tuple[Channel, ...] = ()
    kinds: tuple[Kind, ...] = ()

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not (self.words or self.and_words or self.matters or self.places or self.channels or self.kinds):
            raise ValueError(
                "a rule without a condition takes every complaint; write at least one of words, matters, places, "
                "channels or kinds",
            )
        return self


class Rule(PolicyRecord):
    """One ordered routing rule; the first whose condition holds decides."""

    code: Code
    when: Condition
    # Either the matter, whose department then answers, or a department directly.
    matter: Code | None = None
    department: DepartmentCode | None = None
    # 协办: who helps the target where two departments share a matter; the target leads and answers.
    co_handlers: tuple[DepartmentCode, ...] = ()
    # Shown in the reason of every decision that the rule made.
    why: Sentence

    @model_validator(mode="after")
    def _names_one_target(self) -> Self:
        if (self.matter is None) == (self.department is None):
            raise ValueError("a rule sends to one target; write either matter or department")
        return self


class OutOfScope(PolicyRecord):
    """What the hotline must not handle, and where the law sends the reporter instead."""

    code: Code
    name: Name
    words: Words
    # A text with one of these is in scope all the same: somebody who asks for legal aid, for example.
    unless_words: tuple[Word, ...] = ()
    lawful_channel: Sentence


class AccusationWords(PolicyRecord):
    """The words by which people accuse an authority; ``services.router.accusations.conflict`` says when they count."""

    # Nonfeasance and delay (不作为、慢作为).
    inaction: Words
    # How its people behaved towards the reporter.
    attitude: Words
    # Misfeasance (乱作为) and crimes of office.
    misconduct: Words
    # Those among the above that only an authority can be guilty of (渎职), whoever else acts in the sentence.
    of_office: tuple[Word, ...] = ()
    # Phrases that accuse a department without naming it: 不出警 can only be the police.
    implied: Mapping[Word, DepartmentCode] = {}
    # Officials of towns and villages, which are no departments of the county.
    local_officials: Words
    # Everybody else who can do wrong in the same sentence: 商贩, 司机, 物业.
    others: Words
    # Staff of whom only a department's own line knows whose they are: 窗口人员.
    staff: Words
    # Who asks for the supervision office accuses the department that he names.
    appeals: Words


class CaseTerms(PolicyRecord):
    acknowledge: WrittenTerm
    reply: WrittenTerm
    # How long before the reply is due the department is warned.
    warn_before: WrittenTerm
    # Until when a co-handler of a joint matter contributes; half of the reply's term where it is not written.
    contribute: WrittenTerm | None = None

    @property
    def contribution(self) -> Term:
        """The term of a co-handler's part, in the unit of the reply unless the policy writes another."""
        return self.contribute or Term(max(1, self.reply.amount // 2), self.reply.unit)

    @model_validator(mode="after")
    def _stands_in_order(self) -> Self:
        if self.warn_before.unit is Unit.WORKING_HOUR:
            raise ValueError(
                f"warn_before {self.warn_before} cannot be counted back; write working days, days, hours or minutes",
            )
        if not_shorter(self.warn_before, self.reply):
            raise ValueError(
                f"warn_before {self.warn_before} is not shorter than reply {self.reply}, so the warning would come "
                "before the case; write a shorter warn_before",
            )
        if self.acknowledge != self.reply and not_shorter(self.acknowledge, self.reply):
            raise ValueError(
                f"acknowledge {self.acknowledge} is longer than reply {self.reply}; write at most {self.reply}",
            )
        if self.contribute and not_shorter(self.contribute, self.reply):
            raise ValueError(
                f"contribute {self.contribute} is not shorter than reply {self.reply}, so the lead could not use it; "
                "write a shorter contribute",
            )
        return self


class Position(PolicyRecord):
    """Degrees of WGS-84, north and east."""

    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Policy(PolicyRecord):
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    county: Name
    departments: Mapping[DepartmentCode, Department]
    triage_desk: DepartmentCode
    supervision_office: DepartmentCode
    towns: tuple[Word, ...]
    # A point in each of the towns for which one is known.
    town_positions: Mapping[Word, Position]
    matters: Mapping[str, Matter]
    rules: tuple[Rule, ...]
    out_of_scope: tuple[OutOfScope, ...]
    accusations: AccusationWords
    terms: Mapping[Kind, CaseTerms]
    # What the law asks for, by kind; see `statutory_for`.
    statutory: Mapping[Kind, Statutory]
    urgent_terms: CaseTerms
    # Around the deadlines of `terms` and of `urgent_terms`.
    escalation: Escalation = Escalation()
    urgent_escalation: Escalation = Escalation()
    # A text with one of these is about danger to life or a failure of water, power or gas.
    urgent_words: tuple[Word, ...]
    counting: Counting
    # How long after the end of its case a complaint keeps its reporter's identity and original words.
    retention: timedelta = DEFAULT_RETENTION
    # How long after a complaint the same matter of the same reporter is a repeat of it.
    repeat_window: timedelta = DEFAULT_REPEAT_WINDOW
    # Holiday notices that the county wrote down itself, ahead of the calendar library.
    notices: tuple[Notice, ...]
    returns: ReturnRules = ReturnRules()
    suspension: SuspensionRules = SuspensionRules()
    extension: ExtensionRules = ExtensionRules()
    explanation: ExplanationRules = ExplanationRules()
    # From where on inaction is suspected.
    detection: Bounds = Bounds()
    # What a reply may start from, by matter.
    templates: tuple[Template, ...] = ()
    # When complaints tell of one incident, and when an incident is a hot spot.
    incidents: IncidentRules = IncidentRules()

    def name_of(self, code: DepartmentCode) -> str:
        """The department's name; the code where the policy has dropped a department that still has cases."""
        department = self.departments.get(code)
        return department.name if department else code

    def terms_for(self, kind: Kind, urgency: Urgency) -> CaseTerms:
        return self.urgent_terms if urgency is Urgency.URGENT else self.terms[kind]

    def escalation_for(self, urgency: Urgency) -> Escalation:
        return self.urgent_escalation if urgency is Urgency.URGENT else self.escalation

    def statutory_for(self, kind: Kind, matter: str | None) -> Statutory | None:
        """What the law sets for the matter, or else for the kind; urgency makes no difference to the law."""
        entry = self.matters.get(matter) if matter else None
        return entry.statutory if entry and entry.statutory else self.statutory.get(kind)


def content_hash(files: Mapping[str, object]) -> str:
    """The SHA-256 of what the files say: comments, layout and the order of fields do not count, that of lists does."""
    canonical = json.dumps(files, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def certainly_longer(one: Term, other: Term) -> bool:
    """Whether `one` is longer than `other` on whatever day they start; False where that depends on the day."""
    if one.unit is Unit.WORKING_DAY and other.unit is Unit.CALENDAR_DAY:
        return one.amount > other.amount
    return one != other and not_shorter(one, other)

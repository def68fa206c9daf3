"""The words that more than one service speaks; docs/glossary.md gives each its Chinese term and meaning."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

# Part of a topic's name, therefore ASCII and without the dots and underscores that Kafka's metrics confuse.
DepartmentCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]


class Channel(StrEnum):
    HOTLINE_12345 = "hotline_12345"
    WEB_PORTAL = "web_portal"
    MAILBOX = "mailbox"
    SERVICE_CENTER = "service_center"
    DEPARTMENT_LINE = "department_line"
    QA_PLATFORM = "qa_platform"


class Kind(StrEnum):
    CONSULTATION = "consultation"
    HELP = "help"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    COMPLAINT = "complaint"
    REPORT = "report"


class Urgency(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"


class Confidentiality(StrEnum):
    """Who may learn who the reporter is: the department in charge, only the intake, or nobody at all."""

    NAMED = "named"
    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"


class DecisionSource(StrEnum):
    """The step of the decision order that placed the complaint."""

    CONFLICT_OF_INTEREST = "conflict_of_interest"
    OUT_OF_SCOPE = "out_of_scope"
    RULE = "rule"
    CLASSIFIER = "classifier"
    TRIAGE = "triage"
    # A person placed it: the triage desk, or the supervision office after a second return (指定承办), which is final.
    PERSON = "person"
    ARBITRATION = "arbitration"


class Clock(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    REPLY = "reply"
    # A co-handler's part of a joint matter, due to the lead.
    CONTRIBUTE = "contribute"
    # The department's answer to a suspicion of inaction.
    EXPLAIN = "explain"


class Nature(StrEnum):
    """Whose deadline it is: the county's own promise (承诺时限), or the law's (法定时限), which is graver to miss."""

    COMMITTED = "committed"
    STATUTORY = "statutory"


class CaseStatus(StrEnum):
    DISPATCHED = "dispatched"
    IN_PROGRESS = "in_progress"
    RETURN_REQUESTED = "return_requested"
    SUSPENDED = "suspended"
    REPLIED = "replied"
    CALLBACK_PENDING = "callback_pending"
    REWORK = "rework"
    CLOSED = "closed"
    DECLINED = "declined"


class Satisfaction(StrEnum):
    """What the reporter said when called back."""

    SATISFIED = "satisfied"
    BASICALLY_SATISFIED = "basically_satisfied"
    DISSATISFIED = "dissatisfied"


class InactionKind(StrEnum):
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_ANSWERED = "not_answered"
    SLOW = "slow"
    BUCK_PASSING = "buck_passing"
    BOILERPLATE = "boilerplate"
    FALSE_CLOSURE = "false_closure"
    REPEATED_DISSATISFACTION = "repeated_dissatisfaction"
    SELECTIVE_SILENCE = "selective_silence"

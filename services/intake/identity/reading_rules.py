"""Who may learn who the reporter is, for what, and how much of it: docs/privacy.md in a table.

Whoever is accused never does, whatever role they hold. A confidential reporter (保密) is known to the hotline and the
supervision office only. An anonymous one is known to nobody: there is nothing to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from shared.language import CaseStatus, Confidentiality, DepartmentCode
from shared.policy import Policy
from shared.principal import Principal, Role

# For which office whoever holds a role acts: a complaint may accuse the office itself.
Offices: TypeAlias = Mapping[Role, DepartmentCode]


class Purpose(StrEnum):
    """What somebody wants to know it for."""

    CALLBACK = "callback"
    CONTACT_FOR_HANDLING = "contact_for_handling"
    SUPERVISION = "supervision"
    LEGAL_REQUEST = "legal_request"


class Part(StrEnum):
    """What the vault holds of one complaint. `original` is title, text and place as they came, numbers and all."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    ID_NUMBER = "id_number"
    ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules ask of a complaint."""

    confidentiality: Confidentiality
    # The department that has the case; None before it is placed, after a granted return.
    holder: DepartmentCode | None
    status: CaseStatus | None
    # Whom the reporter or the channel accuses, and whom the router finds accused by the words.
    accused: frozenset[DepartmentCode]
    # On whose own line it came in.
    received_by: DepartmentCode | None
    # Those that help the holder with a joint matter.
    helpers: frozenset[DepartmentCode] = frozenset()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not: `code` is what is recorded."""

    code: str
    zh: str
    en: str


# What a purpose needs, and no more.
PARTS: Mapping[Purpose, tuple[Part, ...]] = {
    Purpose.CALLBACK: (Part.NAME, Part.PHONE, Part.EMAIL),
    Purpose.CONTACT_FOR_HANDLING: (Part.NAME, Part.PHONE, Part.EMAIL, Part.ADDRESS),
    Purpose.SUPERVISION: tuple(Part),
    Purpose.LEGAL_REQUEST: tuple(Part),
}
PURPOSES: Mapping[Role, frozenset[Purpose]] = {
    Role.OPERATOR: frozenset({Purpose.CALLBACK}),
    Role.SUPERVISOR: frozenset(Purpose),
    Role.ADMINISTRATOR: frozenset({Purpose.LEGAL_REQUEST}),
    Role.OFFICER: frozenset({Purpose.CONTACT_FOR_HANDLING}),
}
_KNOW_THE_CONFIDENTIAL = frozenset({Role.OPERATOR, Role.SUPERVISOR})
_ENDED = frozenset({CaseStatus.CLOSED, CaseStatus.DECLINED})

ANONYMOUS = Refused(
    "anonymous",
    "该诉求为匿名，系统没有保存诉求人的任何身份信息。",
    "The complaint is anonymous; nothing of its reporter was stored.",
)
ACCUSED = Refused("accused", "被反映单位不得查询诉求人信息。", "Whoever is accused is not told who the reporter is.")
CONFIDENTIAL = Refused(
    "confidential",
    "该诉求要求保密，诉求人信息仅限热线和督查人员查询。",
    "The reporter asked for confidentiality; only the hotline and the supervision office may read who it is.",
)
WRONG_PURPOSE = Refused(
    "purpose", "您的角色不能以此用途查询诉求人信息。", "Your role may not read who the reporter is for this purpose."
)
NOT_IN_QUEUE = Refused(
    "not_in_queue",
    "该工单当前不由您所在单位承办或协办，不能查询诉求人信息。",
    "The case is not in your department's queue, and your department does not help with it.",
)


def offices_of(policy: Policy) -> Offices:
    return {Role.OPERATOR: policy.triage_desk, Role.SUPERVISOR: policy.supervision_office}


def may_read(
    principal: Principal, purpose: Purpose, standing: Standing, offices: Offices
) -> tuple[Part, ...] | Refused:
    """What of the reporter's identity `principal` may read for `purpose`, or why nothing."""
    if standing.confidentiality is Confidentiality.ANONYMOUS:
        return ANONYMOUS
    if is_accused(principal, standing, offices):
        return ACCUSED
    refused = [_refusal(role, principal.department, purpose, standing) for role in sorted(principal.roles)]
    if None in refused:
        return PARTS[purpose]
    # The refusal that came furthest is the one that helps.
    return max((each for each in refused if each), key=_ORDER.index, default=WRONG_PURPOSE)


_ORDER = (WRONG_PURPOSE, CONFIDENTIAL, NOT_IN_QUEUE)


def _refusal(role: Role, department: DepartmentCode | None, purpose: Purpose, standing: Standing) -> Refused | None:
    """Why `role` alone does not do; None where it does."""
    if purpose not in PURPOSES.get(role, ()):
        return WRONG_PURPOSE
    if standing.confidentiality is Confidentiality.CONFIDENTIAL and role not in _KNOW_THE_CONFIDENTIAL:
        return CONFIDENTIAL
    if role is Role.OFFICER and not works_on(department, standing):
        return NOT_IN_QUEUE
    return None


def may_ask_of(principal: Principal, standing: Standing, offices: Offices) -> bool:
    """Whether `principal`, who has a reporter's number, may be told that its owner brought this complaint."""
    if is_accused(principal, standing, offices):
        return False
    hotline = principal.department is None and Role.OPERATOR in principal.roles
    return may_be_told_of(principal.department, standing, hotline=hotline)


def may_be_told_of(department: DepartmentCode | None, standing: Standing, *, hotline: bool) -> bool:
    """Whether somebody who registers a complaint may be told that its reporter brought this one before.

    It says who stands behind a ticket: of confidential ones only the hotline is told, and a department only of what it
    received or has and what does not accuse it.
    """
    if standing.confidentiality is not Confidentiality.NAMED and not hotline:
        return False
    if department is None:
        return True
    return department not in standing.accused and department in (standing.holder, standing.received_by)


def is_accused(principal: Principal, standing: Standing, offices: Offices) -> bool:
    """Whether the complaint accuses the department of `principal`, or the office that they act for."""
    acts_for = {office for role, office in offices.items() if role in principal.roles}
    return not standing.accused.isdisjoint({principal.department, *acts_for})


def works_on(department: DepartmentCode | None, standing: Standing) -> bool:
    """Whether it has the case, or helps whoever has it: its part may need a word with the reporter, too."""
    if department is None or standing.holder is None or standing.status in _ENDED:
        return False
    return department == standing.holder or department in standing.helpers

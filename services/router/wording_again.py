"""How further decisions on a complaint are made, by returns and by people, each with its sentence in Chinese."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from services.router.decision import Decision
from services.router.evidence import Evidence
from services.router.wording import legal_basis_of, neutral
from shared.language import DecisionSource, DepartmentCode
from shared.policy import Policy


def to_arbitration(
    policy: Policy, returns: int, tried: Sequence[DepartmentCode], implicated: Collection[DepartmentCode]
) -> Decision:
    """The supervision office names the department; the triage desk does where the office is itself accused."""
    desk = neutral((policy.supervision_office, policy.triage_desk), implicated, ())
    names = "、".join(map(policy.name_of, tried))
    return Decision(
        department=desk,
        source=DecisionSource.ARBITRATION,
        reason=f"第{returns}次退单获准（{names}均已退回），转{policy.name_of(desk)}指定承办单位。",
        policy_hash=policy.hash,
    )


def by_person(
    policy: Policy,
    source: DecisionSource,
    desk: DepartmentCode,
    department: DepartmentCode,
    why: str,
    accused: DepartmentCode | None = None,
) -> Decision:
    """A person at `desk` named the department, and maybe whom the complaint accuses; `why` is theirs, redacted."""
    named = "人工分派" if source is DecisionSource.PERSON else "指定承办，不得退单"
    avoided = f"，经认定反映{policy.name_of(accused)}，按回避规则不交该单位" if accused else ""
    return Decision(
        department=department,
        source=source,
        reason=f"{policy.name_of(desk)}{named}：{why.rstrip('。')}{avoided}，转{policy.name_of(department)}。",
        evidence=(Evidence(source, accused, accused),) if accused else (),
        policy_hash=policy.hash,
        implicated=(accused,) if accused else (),
    )


def about(policy: Policy, made: Decision, matter: str | None) -> Decision:
    return replace(made, matter=matter, legal_basis=legal_basis_of(policy, matter))


def against(made: Decision, accused: DepartmentCode | None) -> Decision:
    """Whom an earlier decision found accused stays accused."""
    return made if made.accused is not None else replace(made, accused=accused)


def after_return(
    policy: Policy, made: Decision, returned_by: DepartmentCode, why: str, accused: DepartmentCode | None
) -> Decision:
    """A decision made again says what made it necessary; `why` is the reason of the return, redacted."""
    reason = f"{policy.name_of(returned_by)}退单获准（{why.rstrip('。')}），重新派单：{made.reason}"
    return replace(against(made, accused), reason=reason)

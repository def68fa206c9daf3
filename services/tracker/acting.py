"""On whose side somebody acts on a case, and which cases they may read, from what their token says."""

from services.tracker import lifecycle
from services.tracker.lifecycle import Actor
from shared.language import DepartmentCode
from shared.principal import Principal, Role

# Whoever may read cases at all; an officer reads those of the own department only.
READERS = (Role.OFFICER, Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)

_READ_ALL = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})


def officer_of(principal: Principal) -> Actor:
    """The department's side; for what only the department in charge does."""
    return Actor(lifecycle.Role.OFFICER, principal.department, principal.subject)


def office_of(principal: Principal) -> Actor:
    """The supervision office's side, else the hotline centre's; for what departments never do."""
    supervises = Role.SUPERVISOR in principal.roles
    return Actor(lifecycle.Role.SUPERVISOR if supervises else lifecycle.Role.CENTRE, subject=principal.subject)


def may_read(principal: Principal, department: DepartmentCode | None) -> bool:
    """Whether somebody may read the cases of that department; a case without one is on its way to the router.

    A case that accuses a department lies with the supervision office, so that the accused cannot read it.
    """
    if not principal.roles.isdisjoint(_READ_ALL):
        return True
    return Role.OFFICER in principal.roles and department is not None and department == principal.department

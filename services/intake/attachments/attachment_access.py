"""Who may see the files of a complaint: those who work on it. Its reporter shows the query code instead of a token."""

from shared.language import DepartmentCode
from shared.principal import Principal, Role

# Add files on a reporter's behalf, and see those of every complaint.
STAFF = (Role.OPERATOR, Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR)


def may_see(principal: Principal, *, accused: DepartmentCode | None, holder: DepartmentCode | None) -> bool:
    """Whether `principal` may see the files of a complaint that accuses `accused` and that `holder` has now.

    Whoever is accused never may, in whatever role: a photograph shows who took it from where.
    """
    if accused is not None and principal.department == accused:
        return False
    if not principal.roles.isdisjoint(STAFF):
        return True
    return Role.OFFICER in principal.roles and principal.department is not None and principal.department == holder

"""Who may see the files of a complaint: those who work on it. Its reporter shows the query code instead of a token."""

from services.intake.identity.reading_rules import Offices, Standing, is_accused, works_on
from shared.principal import Principal, Role

# Add files on a reporter's behalf, and see those of every complaint or, a department's clerk, of what it works on.
STAFF = (Role.OPERATOR, Role.CLERK, Role.SUPERVISOR, Role.ADMINISTRATOR)

_SEE_ALL = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})


def may_see(principal: Principal, standing: Standing, offices: Offices) -> bool:
    """Whether `principal` may see the files of a complaint.

    Whoever is accused never may, in whatever role: a photograph shows who took it from where. A department sees those
    of what it received, has or helps with, and no others.
    """
    if is_accused(principal, standing, offices):
        return False
    if not principal.roles.isdisjoint(_SEE_ALL):
        return True
    if principal.department is None:
        return Role.CLERK in principal.roles
    if principal.roles.isdisjoint({Role.CLERK, Role.OFFICER}):
        return False
    return principal.department == standing.received_by or works_on(principal.department, standing)

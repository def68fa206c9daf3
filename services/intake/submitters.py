"""Who may submit what: each role registers the complaints of its own channel, a department's officer its own only."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from services.intake.channels.submission import AnyForm
from shared.language import Channel, DepartmentCode
from shared.principal import Principal, Role

# The portal is the citizens' own and needs no login; whoever submits for it in bulk is an adapter.
CHANNELS_OF: Mapping[Role, frozenset[Channel]] = {
    Role.OPERATOR: frozenset({Channel.HOTLINE_12345}),
    Role.CLERK: frozenset({Channel.SERVICE_CENTER}),
    Role.OFFICER: frozenset({Channel.DEPARTMENT_LINE}),
    Role.ADAPTER: frozenset(Channel),
}


class NotYours(Exception):
    """The submission is another's to make; `zh` and `en` say whose."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class Submitter:
    """`department` is the only one in whose name the department line's complaints are registered; None is any.

    `staff` is who registers them, whatever the form says; None where a program passes on what the form says.
    """

    channels: frozenset[Channel]
    department: DepartmentCode | None = None
    staff: str | None = None

    def require(self, form: AnyForm) -> None:
        """NotYours says why this submitter cannot make this submission."""
        if form.channel not in self.channels:
            may = "、".join(sorted(self.channels))
            raise NotYours(f"您只能登记以下渠道的诉求：{may}。", f"You may submit for these channels only: {may}.")
        if form.channel is Channel.DEPARTMENT_LINE and self.department not in {None, form.received_by}:
            raise NotYours("您只能登记本单位收到的诉求。", "You may register only what reached your own department.")


PORTAL = Submitter(frozenset({Channel.WEB_PORTAL}))
PLATFORM = Submitter(frozenset({Channel.HOTLINE_12345}))


@lru_cache(maxsize=1024)
def submitter_of(principal: Principal) -> Submitter:
    """What the roles of a token allow together."""
    channels = frozenset[Channel]().union(*(CHANNELS_OF.get(role, frozenset()) for role in principal.roles))
    if Role.ADAPTER in principal.roles:
        return Submitter(channels)
    return Submitter(channels, principal.department, principal.subject)

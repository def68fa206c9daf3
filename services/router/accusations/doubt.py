"""Whether a complaint may be about the very department that it would go to, though no word accuses it.

People tell stories: 防汛办值班室一个人也没有. No list of words finds them all, but most name the department and nothing
else that it could answer for, or have it do something at the head of a clause. There a person looks first.
"""

from collections.abc import Sequence

from services.router.accusations.actors import Mention
from services.router.accusations.grammar import Stance, is_asked_whether, opens_clause
from services.router.reading import Reading
from shared.events import ComplaintReceived
from shared.language import DepartmentCode, Kind, Urgency

__all__ = ["may_be_about"]

# Who asks, suggests or needs help is seldom at odds with the department.
AT_ODDS = frozenset({Kind.COMPLAINT, Kind.REPORT})


def may_be_about(
    complaint: ComplaintReceived,
    reading: Reading,
    mentions: Sequence[Mention],
    department: DepartmentCode,
    *,
    only_named: bool,
) -> Mention | None:
    """The mention that gives rise to doubt; `only_named`: the text says nothing else that speaks for the department.

    What is urgent cannot wait for a person.
    """
    if complaint.kind not in AT_ODDS or complaint.urgency is Urgency.URGENT:
        return None
    for mention in mentions:
        if mention.department != department or is_asked_whether(reading.text, mention.found):
            continue
        acts = mention.stance is Stance.ACTING
        if (acts and opens_clause(reading.text, mention.found)) or (
            only_named and (acts or mention.stance is Stance.TOLD)
        ):
            return mention
    return None

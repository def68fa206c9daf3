"""Boilerplate (模板化答复): the same reply to unlike complaints.

A template for one matter is no boilerplate: complaints of the same matter count as alike, whatever their words. Nor is
one answer to all who tell of one incident (同一事件).
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from services.tracker.inaction.detectors.chance import at_least_if_tolerated
from services.tracker.inaction.detectors.facts import CaseFacts, Finding, Period
from services.tracker.inaction.detectors.texts import likeness, plain, same_words
from services.tracker.inaction.inaction import Suspicion
from shared.detection import BOUNDS, Bounds
from shared.language import InactionKind

_NAMED = 5


def boilerplate(period: Period, bounds: Bounds = BOUNDS) -> Sequence[Finding]:
    """A finding for each reply that went, but for numbers and names, to several complaints that are all unlike.

    All that it went to are more than chance brings about where a tolerated share is answered so (binomial test).
    """
    replies = sum(case.reply is not None for case in period.cases)
    return [
        _finding(period, unlike, bounds)
        for group in _groups(period.cases, bounds)
        if len(unlike := _unlike(group, bounds)) >= bounds.boilerplate_cases
        and at_least_if_tolerated(len(group), replies, bounds.tolerated_same_replies) <= bounds.habit_false_alarms
    ]


def _groups(cases: Sequence[CaseFacts], bounds: Bounds) -> Iterator[list[CaseFacts]]:
    """The cases by their replies; a reply belongs to the first group whose first reply it is nearly the same as."""
    identical: dict[str, list[CaseFacts]] = {}
    for case in cases:
        if case.reply:
            identical.setdefault(plain(case.reply), []).append(case)
    groups: dict[str, list[CaseFacts]] = {}
    for text, same in identical.items():
        first = next((known for known in groups if same_words(known, text) >= bounds.same_reply), text)
        groups.setdefault(first, []).extend(same)
    for group in groups.values():
        yield sorted(group, key=lambda case: (case.due_at, case.complaint_id))


def _unlike(group: Sequence[CaseFacts], bounds: Bounds) -> Sequence[CaseFacts]:
    """Cases of the group that are unlike each other."""
    chosen: list[CaseFacts] = []
    for case in group:
        if all(_are_unlike(case, other, bounds) for other in chosen):
            chosen.append(case)
    return chosen


def _are_unlike(one: CaseFacts, other: CaseFacts, bounds: Bounds) -> bool:
    if one.matter is not None and one.matter == other.matter:
        return False
    if one.incident_id is not None and one.incident_id == other.incident_id:
        return False
    return likeness(one.text, other.text) < bounds.unlike_complaints


def _finding(period: Period, unlike: Sequence[CaseFacts], bounds: Bounds) -> Finding:
    first, last = unlike[0], unlike[-1]
    replies = min(same_words(first.reply or "", case.reply or "") for case in unlike[1:])
    complaints = max(likeness(one.text, other.text) for at, one in enumerate(unlike) for other in unlike[:at])
    tickets = "、".join(case.ticket_number for case in unlike[-_NAMED:])
    evidence = (
        f"{period.name}，{period.department_name}对{len(unlike)}件内容不同的诉求（工单{tickets}"
        f"{'等' if len(unlike) > _NAMED else ''}）作出雷同答复：答复相似度不低于{replies:.0%}"
        f"（界限{bounds.same_reply:.0%}），诉求相似度不高于{complaints:.0%}（界限{bounds.unlike_complaints:.0%}）。"
    )
    # Named by its words: the same reply is one suspicion in a period, however many more complaints it goes to.
    named = sha256(plain(first.reply or "").encode()).hexdigest()[:32]
    return Finding(Suspicion(InactionKind.BOILERPLATE, evidence), last, named)

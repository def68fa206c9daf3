"""Who may say what to a suspicion of inaction, and when: the department explains, the supervision office judges.

The department is heard first: nobody confirms a suspicion before it has explained itself or let its term pass. A
suspicion that is plainly wrong may be dismissed at once. A verdict may be changed by another one, never by the same.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.tracker.inaction.inaction import written_deadline
from shared.language import DepartmentCode, InactionKind


class Standing(StrEnum):
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Awaits(StrEnum):
    """What a suspicion that nobody has judged waits for: first for the department's word, then for a verdict."""

    EXPLANATION = "explanation"
    VERDICT = "verdict"


STANDING_IN_CHINESE = {Standing.SUSPECTED: "疑似", Standing.CONFIRMED: "已认定", Standing.DISMISSED: "已排除"}


@dataclass(frozen=True, slots=True)
class Suspected:
    """`explain_by` is None until the department has been asked."""

    department: DepartmentCode
    kind: InactionKind
    suspected_at: datetime
    standing: Standing
    explained: bool
    explain_by: datetime | None


class Refused(Exception):
    """Chinese sentence first, then English."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def check_explaining(suspected: Suspected) -> None:
    """A department explains itself once, late too, as long as nobody has judged; else Refused."""
    if suspected.explained:
        raise Refused("该疑似不作为已有说明，不能再次提交。", "This suspicion was explained already.")
    if suspected.standing is not Standing.SUSPECTED:
        raise Refused(
            f"该疑似不作为{STANDING_IN_CHINESE[suspected.standing]}，不能再说明。",
            f"This is {suspected.standing} already.",
        )


def check_verdict(suspected: Suspected, verdict: Standing, now: datetime, explain_by: datetime) -> None:
    """Refused where the verdict stands already, or where the department is still to be heard."""
    if suspected.standing is verdict:
        raise Refused(f"该疑似不作为{STANDING_IN_CHINESE[verdict]}。", f"This is {verdict} already.")
    if verdict is Standing.CONFIRMED and not suspected.explained and now < explain_by:
        raise Refused(
            f"承办单位可在{written_deadline(explain_by)}前作出说明，此前不能认定。",
            f"The department may explain itself until {explain_by.isoformat()}; nobody confirms before that.",
        )


def in_note(written: str, inaction_id: UUID) -> str:
    """What the record says: the words, and the suspicion that they are about, so that neither can be exchanged."""
    return f"{written}（疑似不作为{inaction_id}）"

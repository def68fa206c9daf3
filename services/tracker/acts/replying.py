"""What is checked of a reply's words before they go to the reporter."""

from services.tracker.guards import AgainstRule, Forbidden
from shared.policy_templates import blanks


def check_filled(reply: str) -> None:
    """Refuse a reply in which a blank of its template still stands; no words of it are repeated."""
    left = blanks(reply)
    if left:
        raise AgainstRule(
            Forbidden.BLANK_LEFT,
            f"答复中有{len(left)}处空白〔……〕未填写，请按实际办理情况填写后再提交。",
            f"Of the blanks 〔…〕 of the reply {len(left)} are not filled in; say what was done in this very case.",
        )

from pathlib import Path

import pytest

from deploy.local.hotline import POLICY
from services.intake.in_force import making_ready
from services.intake.mail.mailboxes import Mailbox
from shared.policy_files import load_policy
from shared.policy_problems import PolicyInvalid

DESK = Mailbox.model_validate(
    {"name": "water", "host": "mail.test", "user": "desk", "password_file": Path("p"), "department": "water-supply"}
)


def test_a_county_follows_its_policy() -> None:
    policy = load_policy(POLICY)
    moved = policy.model_copy(update={"towns": ("新集镇",), "urgent_words": ("塌方",)})
    county = making_ready([DESK])(moved, making_ready([])(policy, None)).county
    assert county.town_in("新集镇的路") == "新集镇"
    assert county.sounds_urgent("山上塌方了")


def test_a_policy_without_the_department_of_a_mailbox_is_refused_because_its_mail_would_have_no_ticket() -> None:
    policy = load_policy(POLICY)
    without = {code: one for code, one in policy.departments.items() if code != "water-supply"}
    with pytest.raises(PolicyInvalid, match="water-supply"):
        making_ready([DESK])(policy.model_copy(update={"departments": without}), None)

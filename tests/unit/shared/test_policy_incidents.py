"""What a county may say of incidents and hot spots, and what holds where it says nothing."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.hotline import POLICY
from shared.policy_files import PolicyInvalid, load_policy
from shared.policy_incidents import HotspotLevel, IncidentRules


def copied(into: Path, incidents: str | None) -> Path:
    shutil.copytree(POLICY, into, dirs_exist_ok=True)
    file = into / "incidents.yaml"
    if incidents is None:
        file.unlink()
    else:
        file.write_text(incidents, encoding="utf-8")
    return into


def test_without_the_file_the_defaults_hold(tmp_path: Path) -> None:
    policy = load_policy(copied(tmp_path, None))
    assert policy.incidents == IncidentRules()
    assert policy.incidents.window == timedelta(hours=72)


def test_what_the_county_writes_holds_and_changes_the_policys_hash(tmp_path: Path) -> None:
    changed = load_policy(copied(tmp_path, "window_hours: 24\nlevels: [{complaints: 9, within_hours: 12}]\n"))
    assert changed.incidents.window == timedelta(hours=24)
    assert changed.incidents.levels == (HotspotLevel(complaints=9, within_hours=12),)
    assert changed.hash != load_policy(POLICY).hash


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("levels: [{complaints: 9, within_hours: 12}, {complaints: 9, within_hours: 24}]", "write the lowest first"),
        ("levels: []", "levels"),
        ("window_hours: 0", "window_hours"),
        ("windowhours: 5", "windowhours"),
    ],
)
def test_what_cannot_be_is_refused_with_its_file(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        load_policy(copied(tmp_path, written))
    assert "incidents.yaml" in str(refused.value)
    assert said in str(refused.value)

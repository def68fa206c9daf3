"""A county's policies laid out in a folder, as on the volume of a deployment, and candidates to try and switch on."""

import shutil
from pathlib import Path

from deploy.local.hotline import POLICY
from services.router.policies.policy_folders import CANDIDATES, lay_out

_BOARS = "rules:\n  - {code: boars, when: {words: [野猪]}, department: agriculture-rural, why: 改由农业农村局处置。}\n"


def laid_out(root: Path) -> Path:
    """The folder's link to the policy in force, which is the demonstration county's."""
    lay_out(root, POLICY)
    return root / "current"


def candidate(policy_dir: Path, name: str) -> Path:
    """A new candidate beside the policy in force, which says the same as the demonstration county's."""
    return Path(shutil.copytree(POLICY, policy_dir.parent / CANDIDATES / name))


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def boars_candidate(policy_dir: Path, name: str = "boars") -> Path:
    """A candidate by which wild boars are the agriculture bureau's."""
    folder = candidate(policy_dir, name)
    rewrite(folder / "rules.yaml", "rules:\n", _BOARS)
    return folder

"""The policies of the local stack, laid out anew at each start, with a candidate for the administrator to try."""

import shutil
from pathlib import Path

from deploy.local.hotline import POLICY, HotlineService

_NAME = "street-lamps"
_RULE = """rules:
  - code: street-lamps-to-power-supply
    when: {words: [路灯]}
    department: power-supply
    why: 路灯改由供电公司维护（演示用的备选政策）。
"""


def policies_root(state: Path) -> Path:
    return state / "policies"


def policy_dir(state: Path) -> Path:
    """The link to the policy in force: HOTLINE_POLICY_DIR."""
    return policies_root(state) / "current"


def lay_out_policies(router: HotlineService, state: Path) -> None:
    """Begin with the policy that the tree holds, whatever was switched on before."""
    root = policies_root(state)
    shutil.rmtree(root, ignore_errors=True)
    router.run("lay-out-policies", str(POLICY), str(root))
    candidate = Path(shutil.copytree(POLICY, root / "candidates" / _NAME))
    rules = candidate / "rules.yaml"
    before, _, after = rules.read_text(encoding="utf-8").partition("rules:\n")
    rules.write_text(before + _RULE + after, encoding="utf-8")

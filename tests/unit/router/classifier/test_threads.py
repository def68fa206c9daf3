"""The classifier keeps to one core."""

import os
import subprocess
import sys

ASK = """
import services.router.classifier.classifier
from threadpoolctl import threadpool_info
print(max(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"))
"""


def test_matrices_are_multiplied_on_one_core() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", ASK]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603  # our own
    assert answer.stdout.strip() == "1"

import subprocess
import sys

PROGRAM = """
import sys, structlog
from shared.logs import configure_logs

configure_logs("intake")
sys.stdout.close()
try:
    raise ValueError("what a citizen wrote")
except ValueError:
    structlog.get_logger().error("not_accepted")
"""


def test_a_line_that_cannot_be_written_does_not_print_what_was_being_handled() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)  # noqa: S603
    assert "citizen" not in ended.stdout + ended.stderr
    assert "ValueError" not in ended.stderr

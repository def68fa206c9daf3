import json
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


LIBRARIES = """
import logging, structlog
from shared.logs import configure_logs

configure_logs("intake")
for library in ("mail.log", "httpx", "faststream", "uvicorn.error"):
    logging.getLogger(library).info("%s: an address", library)
logging.getLogger("mail.log").exception("an address")
logging.getLogger("httpx").warning("connection lost")
structlog.get_logger("services.intake.mail.lmtp").info("mail_refused")
structlog.get_logger("__main__").info("started")
"""


def test_what_libraries_tell_of_every_request_and_mail_is_not_logged() -> None:
    ended = subprocess.run([sys.executable, "-c", LIBRARIES], capture_output=True, text=True, check=True)  # noqa: S603
    assert "address" not in ended.stdout + ended.stderr
    logged = [json.loads(line)["event"] for line in ended.stdout.splitlines()]
    assert logged == ["connection lost", "mail_refused", "started"]

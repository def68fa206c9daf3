"""What the local stack says to the person who started it."""

import sys


class StackError(Exception):
    """The stack cannot go on; the message is one clear sentence that says what is wrong and what to do."""


def say(message: str) -> None:
    """Show `message` at once, beside whatever the command itself prints on standard output."""
    print(message, file=sys.stderr, flush=True)

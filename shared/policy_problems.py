"""What is wrong with a policy: where it stands, what it is, and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = ["PolicyInvalid", "Problem", "suggest"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    file: str
    # Counted from 1; 0 means the file as a whole.
    line: int
    message: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}; {self.mend}"


class PolicyInvalid(Exception):  # reads as the fact that it states
    """The policy cannot be used; `problems` are all that was found, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


def suggest(wrong: str, known: Iterable[str]) -> str:
    """The mend for a misspelt word: the nearest known one, or the list to choose from."""
    choices = sorted(known)
    nearest = get_close_matches(wrong, choices, n=1, cutoff=0.6)
    return f"write {nearest[0]!r}" if nearest else f"write one of {', '.join(choices)}"

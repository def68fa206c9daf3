"""What the hotline may not handle: found by the policy's words, declined by a person."""

from dataclasses import dataclass

from services.router.accusations.grammar import is_landmark
from services.router.reading import Reading, Role
from shared.matching import comparable
from shared.policy import OutOfScope, Policy

__all__ = ["Outside", "Scope"]


@dataclass(frozen=True, slots=True)
class Outside:
    entry: OutOfScope
    words: tuple[str, ...]


class Scope:
    def __init__(self, policy: Policy) -> None:
        self._entries = tuple(
            (entry, frozenset(map(comparable, entry.words)), frozenset(map(comparable, entry.unless_words)))
            for entry in policy.out_of_scope
        )

    def outside(self, reading: Reading) -> Outside | None:
        """The first entry of the policy that the text falls under; a court that is a landmark does not count."""
        said = [found for found in reading.found(Role.SCOPE) if not is_landmark(reading.text, found)]
        for entry, words, unless in self._entries:
            if words & reading.words and not unless & reading.words:
                hits = dict.fromkeys(found.word for found in said if found.word in words)
                if hits:
                    return Outside(entry, tuple(hits))
        return None

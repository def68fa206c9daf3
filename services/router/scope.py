"""What the hotline may not handle: found by the policy's words, declined by a person."""

from dataclasses import dataclass

from services.router.reading import Reading, normalize
from shared.policy import OutOfScope, Policy

__all__ = ["Outside", "Scope"]


@dataclass(frozen=True, slots=True)
class Outside:
    entry: OutOfScope
    words: tuple[str, ...]


class Scope:
    def __init__(self, policy: Policy) -> None:
        self._entries = tuple(
            (entry, frozenset(map(normalize, entry.words)), frozenset(map(normalize, entry.unless_words)))
            for entry in policy.out_of_scope
        )

    def outside(self, reading: Reading) -> Outside | None:
        """The first entry of the policy that the text falls under."""
        for entry, words, unless in self._entries:
            hits = words & reading.words
            if hits and not unless & reading.words:
                return Outside(entry, tuple(sorted(hits, key=reading.text.index)))
        return None

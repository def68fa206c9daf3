"""Whether a complaint may be about the very department that it would go to, though no word accuses it.

People tell stories: 防汛办值班室一个人也没有. No list of words finds them all, but most name the department and nothing
else that it could answer for, or have it do something at the head of a clause. There a person looks first, in whatever
kind the complaint is filed and however urgent it is: who filed it chose the kind, and words made it urgent.
"""

from collections.abc import Iterator, Sequence

from services.router.accusations.actors import Actor, Mention, actors, of_its_line, officials
from services.router.accusations.dealings import (
    at_ease,
    ended_with,
    is_relative,
    leaked,
    meant,
    praises_work,
    sole_confidant,
    speaks_back,
    visited,
)
from services.router.accusations.grammar import Stance, does_something, opens_clause, same_breath, sentence_start
from services.router.accusations.stories import told
from services.router.reading import Found, Reading, Role
from shared.events import ComplaintReceived
from shared.language import DepartmentCode, Kind

__all__ = ["Doubt"]

_AT_WORK = (Stance.ACTING, Stance.TOLD, Stance.SUPPOSED)


class Doubt:
    """What gives rise to doubt in one complaint."""

    def __init__(self, complaint: ComplaintReceived, reading: Reading, mentions: Sequence[Mention]) -> None:
        self._reading = reading
        self._mentions = mentions
        self._line = complaint.received_by
        self._praised = complaint.kind is Kind.PRAISE and praises_work(reading.text)

    def about(self, department: DepartmentCode, *, only_named: bool) -> str | None:
        """The word for which a person looks first; `only_named`: nothing else in the text speaks for the department."""
        if self._praised:
            return None
        return next((found.word for found in self._suspicious(department, only_named=only_named)), None)

    def about_an_official(self) -> str | None:
        """The same of officials of towns and villages, who are no department that could be passed over."""
        if self._praised:
            return None
        text = self._reading.text
        return next(
            (
                mention.found.word
                for mention in officials(self._reading)
                if ended_with(text, mention.found)
                or (not is_relative(text, mention.found) and self._is_told_of(mention, only_named=False))
            ),
            None,
        )

    def _suspicious(self, department: DepartmentCode, *, only_named: bool) -> Iterator[Found]:
        for mention in self._mentions:
            if mention.department == department and self._is_told_of(mention, only_named=only_named):
                yield mention.found
        if department == self._line:
            own = of_its_line(self._reading, self._mentions, self._line)
            for mention in own:
                if mention.stance in _AT_WORK and not at_ease(self._reading, mention.found, mention.stance):
                    yield mention.found
            yield from self._of_nobody([*self._mentions, *officials(self._reading), *own])

    def _is_told_of(self, mention: Mention, *, only_named: bool) -> bool:
        text, found = self._reading.text, mention.found
        if mention.stance in (Stance.ASKED, Stance.PRAISED, Stance.LANDMARK):
            return False
        if sole_confidant(text, found) or meant(text, found) or leaked(text):
            return True
        if mention.stance is Stance.TOLD:
            suspect = only_named or speaks_back(text, found) or visited(text, found)
        else:
            suspect = only_named or opens_clause(text, found) or does_something(text, found)
        return suspect and mention.stance is not Stance.SUPPOSED and not at_ease(self._reading, found, mention.stance)

    def _of_nobody(self, authorities: Sequence[Mention]) -> Iterator[Found]:
        """Stories in whose sentence nobody acts: on a department's own line they are most likely its."""
        words = [found for found, _ in told(self._reading.text)] + list(self._reading.found(Role.ATTITUDE))
        everybody = actors(self._reading, authorities) if words else []
        for word in words:
            if not _somebody_before(self._reading.text, word, everybody):
                yield word


def _somebody_before(text: str, word: Found, everybody: Sequence[Actor]) -> bool:
    begin = sentence_start(text, word.start)
    return any(found.start < word.end and same_breath(text, found, word, begin) for found, _ in everybody)

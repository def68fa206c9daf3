"""Whether a complaint may be about the very department that it would go to, though no word accuses it.

People tell stories: 防汛办值班室一个人也没有. No list of words finds them all, but most name the department and nothing
else that it could answer for, or have it do something at the head of a clause. There a person looks first, in whatever
kind the complaint is filed and however urgent it is: who filed it chose the kind, and words made it urgent.
"""

from collections.abc import Iterator, Sequence

from services.router.accusations.actors import Actor, Mention, actors, of_its_line, officials
from services.router.accusations.dealings import at_ease, is_relative, leaked, praises_work, sole_confidant
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

    def about(self, department: DepartmentCode, *, only_named: bool) -> Found | None:
        """The words for which a person looks first; `only_named`: nothing else in the text speaks for the department."""
        if self._praised:
            return None
        return next(
            (found for found in self._suspicious(department, only_named=only_named) if found is not None),
            None,
        )

    def _suspicious(self, department: DepartmentCode, *, only_named: bool) -> Iterator[Found]:
        text = self._reading.text
        for mention in self._mentions:
            if mention.department == department and self._is_told_of(mention, only_named=only_named):
                yield mention.found
        for mention in officials(self._reading):
            if not is_relative(text, mention.found) and self._is_told_of(mention, only_named=False):
                yield mention.found
        if department == self._line:
            own = of_its_line(self._reading, self._mentions, self._line)
            for mention in own:
                if mention.stance in _AT_WORK and not at_ease(self._reading, mention.found, mention.stance):
                    yield mention.found
            yield from self._of_nobody([*self._mentions, *officials(self._reading), *own])

    def _is_told_of(self, mention: Mention, *, only_named: bool) -> bool:
        text, found = self._reading.text, mention.found
        if sole_confidant(text, found):
            return True
        if mention.stance is Stance.TOLD and leaked(text):
            return True
        if mention.stance not in (Stance.ACTING, Stance.TOLD):
            return False
        acts = mention.stance is Stance.ACTING and (opens_clause(text, found) or does_something(text, found))
        return (acts or only_named) and not at_ease(self._reading, found, mention.stance)

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

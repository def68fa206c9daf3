"""What normalizing a complaint needs to know of the county, as its policy tells it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick, MatchKind

from services.intake.normalizing.coordinates import Coordinates, coordinates_in, nearest
from shared.language import DepartmentCode
from shared.matching import simplified


class County:
    """What normalizing needs to know of the county: its towns, its departments, the words that make a case urgent.

    Towns and words are found in traditional characters too. `words` are those by which complaints are placed,
    `positions` points in towns, `hotline` is the office of those who take the calls.
    """

    def __init__(
        self,
        *,
        towns: Iterable[str],
        urgent_words: Iterable[str],
        departments: Iterable[DepartmentCode],
        words: Iterable[str] = (),
        positions: Mapping[str, Coordinates] = MappingProxyType({}),
        hotline: DepartmentCode | None = None,
    ) -> None:
        self._towns = tuple(towns)
        self._town_names = AhoCorasick(tuple(map(simplified, self._towns)), matchkind=MatchKind.LeftmostLongest)
        self._urgent_words = AhoCorasick(tuple(map(simplified, urgent_words)))
        self._departments = frozenset(departments)
        self._words = frozenset(map(simplified, words))
        self._positions = positions
        self.hotline = hotline

    def town_in(self, text: str) -> str | None:
        """The first town that `text` names."""
        matches = self._town_names.find_matches_as_indexes(simplified(text))
        return self._towns[matches[0][0]] if matches else None

    def town_near(self, text: str) -> str | None:
        """The town that lies nearest to the coordinates that `text` gives, as far as can be told."""
        given = coordinates_in(text) if self._positions else None
        return nearest(self._positions, given) if given else None

    def sounds_urgent(self, text: str) -> bool:
        return bool(self._urgent_words.find_matches_as_indexes(simplified(text)))

    def has_word_in(self, name: str) -> bool:
        """Whether `name`, which is short, holds a word by which complaints are placed."""
        plain = simplified(name)
        starts = range(len(plain) - 1)
        return any(plain[start:end] in self._words for start in starts for end in range(start + 2, len(plain) + 1))

    def has_department(self, code: DepartmentCode) -> bool:
        return code in self._departments

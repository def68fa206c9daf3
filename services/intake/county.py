"""What normalizing a complaint needs to know of the county, as its policy tells it."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick, MatchKind

from services.intake.normalizing.coordinates import Coordinates, coordinates_in, nearest
from shared.language import DepartmentCode
from shared.matching import simplified


class County:
    """What normalizing needs to know of the county: its towns, its departments, the words that make a case urgent.

    Towns and words are found in traditional characters too. `positions` are points in towns.
    """

    def __init__(
        self,
        *,
        towns: Iterable[str],
        urgent_words: Iterable[str],
        departments: Iterable[DepartmentCode],
        positions: Mapping[str, Coordinates] = MappingProxyType({}),
    ) -> None:
        self._towns = tuple(towns)
        self._town_names = AhoCorasick(tuple(map(simplified, self._towns)), matchkind=MatchKind.LeftmostLongest)
        self._urgent_words = AhoCorasick(tuple(map(simplified, urgent_words)))
        self._departments = frozenset(departments)
        self._positions = positions

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

    def has_department(self, code: DepartmentCode) -> bool:
        return code in self._departments

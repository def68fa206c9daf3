"""Coordinates that a complaint gives, and the town that lies nearest to them.

A town is known by one point, somewhere in its seat: what is nearest to a point need not be the town that it belongs to.
It is a first guess where nothing names a town, good enough for the router's rules and for nobody's title deed.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Coordinates", "coordinates_in", "from_gcj02", "nearest"]

# Farther from every town's point a place is taken to lie outside the county.
_FARTHEST_KM = 15.0
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Coordinates:
    """In degrees of WGS-84, north and east."""

    latitude: float
    longitude: float

    def __str__(self) -> str:
        """As people and `coordinates_in` read them, to about a metre."""
        return f"北纬{self.latitude:.5f}，东经{self.longitude:.5f}"


_DEGREES = r"([0-9]{1,3}\.[0-9]{2,8})\s?°?"
_BETWEEN = r"\s?[，,、;；/ ]\s?"
# Latitudes of China are below 54, longitudes above 73: bare pairs are told apart by that.
_PAIR = re.compile(
    rf"(?:北纬|纬度|[Nn]|[Ll]at(?:itude)?)?[为是:： ]?{_DEGREES}[Nn]?{_BETWEEN}"
    rf"(?:东经|经度|[Ee]|[Ll](?:ng|ong|on)(?:itude)?)?[为是:： ]?{_DEGREES}"
    rf"|(?:东经|经度|[Ee])[为是:： ]?{_DEGREES}[Ee]?{_BETWEEN}(?:北纬|纬度|[Nn])[为是:： ]?{_DEGREES}"
)
_DECIMALS = re.compile(r"[0-9]\.[0-9]{2}")
# Maps of Chinese makers show coordinates that are shifted by law; whoever gives such says so by naming the maker.
_SHIFTED = re.compile(r"GCJ|gcj|火星坐标|高德|腾讯地图")
_LATITUDES, _LONGITUDES = (17.0, 54.0), (73.0, 136.0)


def coordinates_in(text: str) -> Coordinates | None:
    """The first coordinates within China that `text` gives in decimal degrees, whatever their order."""
    if not _DECIMALS.search(text):
        return None
    for match in _PAIR.finditer(text):
        one, other = (float(degrees) for degrees in match.groups() if degrees is not None)
        latitude, longitude = sorted((one, other))
        if _LATITUDES[0] <= latitude <= _LATITUDES[1] and _LONGITUDES[0] <= longitude <= _LONGITUDES[1]:
            given = Coordinates(latitude, longitude)
            return from_gcj02(given) if _SHIFTED.search(text) else given
    return None


def nearest(positions: Mapping[str, Coordinates], place: Coordinates) -> str | None:
    """The town whose point is nearest to `place`; None where all are more than 15 km away."""
    if not positions:
        return None
    town = min(positions, key=lambda name: _kilometres(positions[name], place))
    return town if _kilometres(positions[town], place) <= _FARTHEST_KM else None


def _kilometres(one: Coordinates, other: Coordinates) -> float:
    """The distance on a flat map, right to a percent within a county."""
    north = one.latitude - other.latitude
    east = (one.longitude - other.longitude) * math.cos(math.radians(one.latitude))
    return _KM_PER_DEGREE * math.hypot(north, east)


# Krasovsky's ellipsoid of 1940, on which GCJ-02 is computed: semi-major axis in metres, squared eccentricity.
_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323


def from_gcj02(given: Coordinates) -> Coordinates:
    """WGS-84 of a GCJ-02 position, right to a few metres: the shift there is taken for the shift here."""
    x, y = given.longitude - 105.0, given.latitude - 35.0
    waves = 20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (waves + 20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (waves + 20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    radians = math.radians(given.latitude)
    curve = 1 - _ECCENTRICITY * math.sin(radians) ** 2
    meridian = _AXIS * (1 - _ECCENTRICITY) / (curve * math.sqrt(curve))
    parallel = _AXIS / math.sqrt(curve) * math.cos(radians)
    return Coordinates(given.latitude - math.degrees(north / meridian), given.longitude - math.degrees(east / parallel))

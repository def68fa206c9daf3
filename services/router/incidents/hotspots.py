"""When an incident is a hot spot (热点): so many complaints within so many hours, at any time, whatever their order."""

from collections.abc import Sequence
from datetime import datetime

from shared.policy_incidents import HotspotLevel

__all__ = ["reached", "sentence"]


def reached(times: Sequence[datetime], levels: Sequence[HotspotLevel]) -> dict[int, datetime]:
    """The levels (1 is the lowest) that complaints of these times have ever reached, and when each first was."""
    ordered = sorted(times)
    found: dict[int, datetime] = {}
    for number, level in enumerate(levels, 1):
        pairs = zip(ordered, ordered[level.complaints - 1 :], strict=False)
        first = next((last for begun, last in pairs if last - begun <= level.within), None)
        if first is not None:
            found[number] = first
    return found


def sentence(number: int, level: HotspotLevel, places: Sequence[str], department_name: str) -> str:
    """What the supervision office is told, in Chinese; of the incident it names the place and nobody."""
    where = f"{''.join(places)}，" if places else ""
    return (
        f"热点（{number}级）：{where}{level.within_hours}小时内已有{level.complaints}件以上诉求反映同一事件，"
        f"主要由{department_name}承办。"
    )

"""What a county's policy says of incidents (同一事件) and hot spots (热点): the optional file ``incidents.yaml``.

Without it hold the values here. They are assumptions: no rule names them, and a county is to set them by its own size.
"""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["HotspotLevel", "IncidentRules"]

_Hours = Annotated[int, Field(ge=1, le=720)]


class HotspotLevel(BaseModel):
    """So many complaints of one incident within so many hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    complaints: Annotated[int, Field(ge=2, le=1000)]
    within_hours: _Hours

    @property
    def within(self) -> timedelta:
        return timedelta(hours=self.within_hours)


_LEVELS = (
    HotspotLevel(complaints=5, within_hours=24),
    HotspotLevel(complaints=20, within_hours=24),
    HotspotLevel(complaints=50, within_hours=24),
)


class IncidentRules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    # How far apart two complaints may come in and still tell of the same; an incident of which nobody has told for as
    # long is over.
    window_hours: _Hours = 72
    # The lowest level first; each needs more complaints than the one before.
    levels: Annotated[tuple[HotspotLevel, ...], Field(min_length=1, max_length=9)] = _LEVELS

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        for lower, higher in zip(self.levels, self.levels[1:], strict=False):
            if higher.complaints <= lower.complaints:
                raise ValueError(
                    f"a level of {higher.complaints} complaints stands behind one of {lower.complaints}; "
                    "write the lowest first"
                )
        return self

"""How every benchmark ends: a table for people, and one JSON object as the very last line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure has to be: at least, or at most."""

    bound: Literal["at least", "at most"]
    value: float

    def met_by(self, figure: float) -> bool:
        return figure >= self.value if self.bound == "at least" else figure <= self.value


@dataclass(slots=True)
class Result:
    title: str
    targets: Mapping[str, Target]
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        return all(target.met_by(self.figures[name]) for name, target in self.targets.items())

    def show(self) -> None:
        table = Table("figure", "measured", "target", "", title=self.title)
        for name, figure in self.figures.items():
            target = self.targets.get(name)
            said = f"{target.bound} {target.value:g}" if target else ""
            verdict = "" if target is None else "met" if target.met_by(figure) else "MISSED"
            table.add_row(name, f"{figure:,.3g}" if figure < 100 else f"{figure:,.0f}", said, verdict)  # noqa: PLR2004
        Console(width=110).print(table)
        targets = {name: f"{target.bound} {target.value:g}" for name, target in self.targets.items()}
        print(json.dumps({"figures": self.figures, "targets": targets, "met": self.met}), flush=True)

"""How every benchmark ends: a table for people, and one JSON object as the very last line."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
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

    def show(self, page: Path | None) -> None:
        """Print the figures, and write the table into `page` where one is named, for the documents to quote."""
        table = Table("figure", "measured", "target", "", title=self.title)
        for name, figure in self.figures.items():
            target = self.targets.get(name)
            said = f"{target.bound} {target.value:g}" if target else ""
            verdict = "" if target is None else "met" if target.met_by(figure) else "MISSED"
            table.add_row(name, f"{figure:,.3g}" if figure < 100 else f"{figure:,.0f}", said, verdict)  # noqa: PLR2004
        console = Console(width=100, record=page is not None)
        console.print(table)
        if page is not None:
            page.write_text(f"{console.export_text()}\n{_machine()}\n", encoding="utf-8")
        targets = {name: f"{target.bound} {target.value:g}" for name, target in self.targets.items()}
        print(json.dumps({"figures": self.figures, "targets": targets, "met": self.met}), flush=True)


def _machine() -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, everything on one machine of {os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}"
    )

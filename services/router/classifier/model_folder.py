"""The model in service, which HOTLINE_MODEL names, and the candidates beside it: ``candidates/NAME.model``."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from services.router.classifier.classifier import Model
from services.router.classifier.model_file import UnreadableModel, load_model
from shared.reloading import FileStamp, file_stamp

__all__ = ["ENDING", "Described", "ModelFolder", "NoSuchModel", "describe"]

CANDIDATES, ENDING = "candidates", ".model"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# As of policies; each that has changed is read whole, half a second or more of it.
_MOST = 20


class NoSuchModel(Exception):
    """No file of that name is a candidate."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a file says of its model; `hash` is None where there is none to be read, for the reason in `problem`."""

    file: Path
    hash: str | None
    labels: tuple[str, ...] = ()
    # What it reached on texts that it had not learned from, where it says so.
    out_of_fold: Mapping[str, float] = field(default_factory=dict)
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.file.stem

    def unknown_labels(self, departments: Collection[str]) -> list[str]:
        """The labels for which it would never decide there."""
        return [label for label in self.labels if label not in departments]


class ModelFolder:
    """What lies around `place`, the file of HOTLINE_MODEL; where there is none nothing is tried or switched."""

    def __init__(self, place: Path | None) -> None:
        self.place = place
        self._read: dict[Path, tuple[FileStamp, Described]] = {}
        # Whoever asks meanwhile waits for what is read instead of reading it as well: a model is large.
        self._reading = Lock()

    def in_service(self) -> Described | None:
        """What a running router works with, or will in some seconds; None where nobody has put a file there yet."""
        if self.place is None or not self.place.exists():
            return None
        with self._reading:
            return self._described(self.place)

    def candidates(self) -> list[Described]:
        """Those that people lay there, by name; read again only where they have changed."""
        with self._reading:
            found = self._files()
            self._read = {file: known for file, known in self._read.items() if file in (*found, self.place)}
            return [self._described(file) for file in found]

    def candidate(self, name: str) -> Described:
        """What the candidate says now; NoSuchModel where there is none."""
        file = self._file(name)
        with self._reading:
            return self._described(file)

    def model(self, name: str) -> Model:
        """The candidate, to decide with; NoSuchModel or UnreadableModel where there is none."""
        return load_model(self._file(name))

    def _files(self) -> list[Path]:
        if self.place is None:
            return []
        found = (self.place.parent / CANDIDATES).glob(f"*{ENDING}")
        return sorted(file for file in found if _NAME.fullmatch(file.stem) and file.is_file())[:_MOST]

    def _file(self, name: str) -> Path:
        if self.place is not None and _NAME.fullmatch(name):
            file = self.place.parent / CANDIDATES / f"{name}{ENDING}"
            if file.is_file():
                return file
        raise NoSuchModel(name)

    def _described(self, file: Path) -> Described:
        # Taken before reading, so that what changes meanwhile is seen as changed.
        stamp = file_stamp(file)
        known = self._read.get(file)
        if known is None or known[0] != stamp:
            known = stamp, describe(file)
            self._read[file] = known
        return known[1]


def describe(file: Path) -> Described:
    """Reads the whole file, and keeps of it what people compare."""
    try:
        model = load_model(file)
    except UnreadableModel as unreadable:
        return Described(file, None, problem=str(unreadable))
    return Described(file, model.hash, model.labels, _figures(model.about.get("out_of_fold")))


def _figures(told: Any) -> dict[str, float]:
    """The numbers among it: a file may say anything of itself."""
    if not isinstance(told, dict):
        return {}
    return {name: value for name, value in told.items() if isinstance(value, int | float)}

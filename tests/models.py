"""Candidates for the text classifier, as an administrator lays them beside the model in service."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from services.router.classifier.classifier import Model
from services.router.classifier.model_file import load_model, save_model
from services.router.classifier.model_folder import CANDIDATES, ENDING
from tests.unit.router.labelled import model


def place_in(directory: Path) -> Path:
    """Where HOTLINE_MODEL is, with a folder for candidates; nobody has put a model there yet."""
    (directory / CANDIDATES).mkdir(parents=True)
    return directory / "in-service.model"


def model_candidate(place: Path, name: str, **changes: Any) -> str:
    """Write a candidate, trained on invented complaints, and return its hash; what it tells of itself may differ."""
    candidate: Model = replace(model(), **changes)
    file = file_of(place, name)
    save_model(candidate, file)
    return load_model(file).hash


def file_of(place: Path, name: str) -> Path:
    return place.parent / CANDIDATES / f"{name}{ENDING}"

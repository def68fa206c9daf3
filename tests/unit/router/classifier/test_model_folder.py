"""Candidates lie beside the model in service, and what cannot be read says why."""

from pathlib import Path

import pytest

from services.router.classifier import model_folder
from services.router.classifier.model_file import UnreadableModel
from services.router.classifier.model_folder import ModelFolder, NoSuchModel
from tests.models import file_of, model_candidate, place_in
from tests.unit.router.labelled import model


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return place_in(tmp_path / "models")


def test_a_candidate_tells_its_hash_its_labels_and_what_it_reached(place: Path) -> None:
    seen = model_candidate(place, "autumn")
    [found] = ModelFolder(place).candidates()
    assert (found.name, found.hash, found.problem) == ("autumn", seen, None)
    assert found.labels == model().labels
    assert found.out_of_fold == model().about["out_of_fold"]
    assert found.unknown_labels(["transport"]) == ["power-supply", "water-supply"]
    assert ModelFolder(place).model("autumn").hash == seen


def test_a_model_may_say_nothing_or_nonsense_of_itself(place: Path) -> None:
    for name, told in (("a", {}), ("b", {"out_of_fold": "best"}), ("c", {"out_of_fold": {"accuracy": "all"}})):
        model_candidate(place, name, about=told)
    assert [one.out_of_fold for one in ModelFolder(place).candidates()] == [{}, {}, {}]


def test_a_file_that_is_no_model_says_why_and_has_a_hash_when_it_is_mended(place: Path) -> None:
    file_of(place, "draft").write_bytes(b"garbage")
    folder = ModelFolder(place)
    [draft] = folder.candidates()
    assert draft.hash is None
    assert draft.problem is not None
    assert "draft.model" in draft.problem
    with pytest.raises(UnreadableModel):
        folder.model("draft")
    seen = model_candidate(place, "draft")
    assert [one.hash for one in folder.candidates()] == [folder.candidate("draft").hash] == [seen]


def test_what_has_not_changed_is_not_read_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_candidate(place, "autumn")
    folder = ModelFolder(place)
    first = folder.candidates()
    monkeypatch.setattr(model_folder, "load_model", None)
    assert folder.candidates() == first


def test_no_more_than_twenty_are_read(place: Path) -> None:
    for number in range(25):
        file_of(place, f"n{number:02}").write_bytes(b"garbage")
    assert [one.name for one in ModelFolder(place).candidates()] == [f"n{number:02}" for number in range(20)]


@pytest.mark.parametrize("name", ["", "..", "../in-service", "no-such", ".hidden", "a/b", "autumn.model", "folder"])
def test_a_name_leads_nowhere_else(place: Path, name: str) -> None:
    model_candidate(place, "autumn")
    place.write_bytes(file_of(place, "autumn").read_bytes())
    file_of(place, "folder").mkdir()
    folder = ModelFolder(place)
    for asked in (folder.candidate, folder.model):
        with pytest.raises(NoSuchModel):
            asked(name)
    assert [one.name for one in folder.candidates()] == ["autumn"]


def test_without_a_place_for_the_model_in_service_there_are_none(place: Path) -> None:
    model_candidate(place, "autumn")
    assert ModelFolder(place).in_service() is None
    for nowhere in (ModelFolder(None), ModelFolder(place.parent / "no-such-folder" / "model")):
        assert (nowhere.in_service(), nowhere.candidates()) == (None, [])
        with pytest.raises(NoSuchModel):
            nowhere.candidate("autumn")

import io
import pickle
import random
import zipfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
import orjson
import pytest

from services.router.classifier.model_file import OtherModel, UnreadableModel, install_model, load_model, save_model
from tests.unit.router.labelled import examples, model

TEXTS = [example.text for example in examples(20, seed=2)]


def test_a_model_that_was_saved_says_the_same(tmp_path: Path) -> None:
    save_model(model(), tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert loaded.labels == model().labels
    assert loaded.thresholds == model().thresholds
    assert loaded.about == model().about
    assert np.allclose(loaded.probabilities(TEXTS), model().probabilities(TEXTS), atol=0.02)


def test_a_model_names_its_training_data_and_what_it_reached(tmp_path: Path) -> None:
    save_model(model(), tmp_path / "model")
    about = load_model(tmp_path / "model").about
    assert about["examples"] == 400
    assert len(about["training_data"]) == 64
    assert 0.8 < about["out_of_fold"]["accuracy"] < 1


def test_a_model_file_holds_no_piece_of_the_texts(tmp_path: Path) -> None:
    save_model(model(), tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    assert not [word for word in ("停水", "公交", "小区") if word.encode() in content]


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x05\x06" + bytes(18), pickle.dumps({"labels": ["a"]})])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(UnreadableModel):
        load_model(tmp_path / "model")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableModel):
        load_model(tmp_path / "model")


def rewritten(path: Path, member: str, change: bytes) -> Path:
    with zipfile.ZipFile(path) as file:
        held = {name: file.read(name) for name in file.namelist()}
    held[member] = change
    with zipfile.ZipFile(path, "w") as file:
        for name, content in held.items():
            file.writestr(name, content)
    return path


def test_an_altered_array_is_refused(tmp_path: Path) -> None:
    save_model(model(), tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "model") as file:
        linear = bytearray(file.read("linear.npy"))
    linear[-1] ^= 1
    with pytest.raises(UnreadableModel, match="altered"):
        load_model(rewritten(tmp_path / "model", "linear.npy", bytes(linear)))


def test_nothing_in_the_file_is_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Touch:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (ran,))  # type: ignore[return-value]

    buffer = io.BytesIO()
    np.save(buffer, np.array([Touch()], dtype=object), allow_pickle=True)
    save_model(model(), tmp_path / "model")
    with zipfile.ZipFile(tmp_path / "model") as file:
        header = orjson.loads(file.read("header.json"))
    header["arrays"]["idf"] = sha256(buffer.getvalue()).hexdigest()
    rewritten(tmp_path / "model", "header.json", orjson.dumps(header))
    with pytest.raises(UnreadableModel):
        load_model(rewritten(tmp_path / "model", "idf.npy", buffer.getvalue()))
    assert not ran.exists()


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    save_model(model(), tmp_path / "model")
    content = (tmp_path / "model").read_bytes()
    (tmp_path / "model").write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadableModel):
        load_model(tmp_path / "model")


def test_a_model_takes_its_place_whole_and_only_as_the_one_that_was_meant(tmp_path: Path) -> None:
    file, place = tmp_path / "trained", tmp_path / "in-service"
    save_model(model(), file)
    meant = load_model(file).hash
    install_model(file, meant, place)
    assert load_model(place).hash == meant
    with pytest.raises(OtherModel):
        install_model(file, "0" * 64, place)
    file.write_bytes(b"garbage")
    with pytest.raises(UnreadableModel):
        install_model(file, meant, place)
    assert load_model(place).hash == meant
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in-service", "trained"]


@pytest.mark.parametrize("seed", range(40))
def test_a_file_damaged_anywhere_is_refused_or_the_same_model(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # no secret
    path = tmp_path / "model"
    save_model(model(), path)
    meant, content = load_model(path).hash, bytearray(path.read_bytes())
    # The header is at the beginning, the list of members at the end.
    for at in (*(chance.randrange(200) for _ in range(3)), *(len(content) - 1 - chance.randrange(900) for _ in "123")):
        content[at] = chance.randrange(256)
    path.write_bytes(content)
    with suppress(UnreadableModel):
        assert load_model(path).hash == meant

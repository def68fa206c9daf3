import io
import pickle
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import orjson
import pytest

from services.router.classifier.model_file import UnreadableModel, load_model, save_model
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

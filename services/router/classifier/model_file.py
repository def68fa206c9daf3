"""A trained model as a file: a zip of plain arrays and a JSON header, read without running anything that it holds.

The header carries the hash of the arrays, so that a damaged or altered file is refused; it does not say
who wrote it.
"""

import io
import shutil
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from services.router.classifier.calibration import Calibration
from services.router.classifier.classifier import Model
from services.router.classifier.features import HASH_BITS, SLOTS
from services.router.classifier.neural import Network

__all__ = ["FORMAT", "OtherModel", "UnreadableModel", "install_model", "load_model", "model_in_service", "save_model"]

FORMAT = 2
HEADER = "header.json"
# More than any model that training makes; a file that claims more is not unpacked.
LARGEST_FILE = 400_000_000
# What zipfile, numpy and we ourselves raise over files that are none of ours.
_DAMAGED = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RuntimeError,
)

Array = npt.NDArray[Any]


class UnreadableModel(Exception):
    """The file is no model of this version, or was damaged or altered."""


class OtherModel(Exception):
    """The file holds another model than the one that was meant."""


def save_model(model: Model, path: Path) -> None:
    """Written whole or not at all."""
    slots = np.flatnonzero(model.index >= 0)
    arrays: dict[str, Array] = {
        "slots": slots.astype(np.int32),
        "idf": model.idf,
        "linear": model.linear.astype(np.float16),
        "linear_bias": model.linear_bias,
        "said": model.calibration.said,
        "true": model.calibration.true,
    }
    if model.network:
        arrays |= {
            "first": model.network.first.astype(np.float16),
            "first_bias": model.network.first_bias,
            "second": model.network.second,
            "second_bias": model.network.second_bias,
        }
    packed = {name: _packed(array) for name, array in arrays.items()}
    header = {
        "format": FORMAT,
        "hash_bits": HASH_BITS,
        "labels": model.labels,
        "thresholds": model.thresholds,
        "about": model.about,
        "arrays": {name: sha256(content).hexdigest() for name, content in packed.items()},
    }
    partial = path.with_name(path.name + ".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as file:
        file.writestr(HEADER, orjson.dumps(header))
        for name, content in packed.items():
            file.writestr(f"{name}.npy", content)
    partial.replace(path)


def install_model(model: Path, model_hash: str, place: Path) -> None:
    """Put a copy of the file in its place, whole or not at all; who reads there meanwhile reads one or the other.

    UnreadableModel or OtherModel where the copy is not the model of that hash, whatever the file was before.
    """
    partial = place.with_name(place.name + ".partial")
    try:
        shutil.copyfile(model, partial)
        if load_model(partial).hash != model_hash:
            raise OtherModel
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)


def model_in_service(path: Path | None) -> Model | None:
    """The model at HOTLINE_MODEL; none where it names no file, or one that nobody has put there yet."""
    return load_model(path) if path is not None and path.exists() else None


def load_model(path: Path) -> Model:
    """Raises UnreadableModel; the message says why."""
    try:
        with zipfile.ZipFile(path) as file:
            if sum(entry.file_size for entry in file.infolist()) > LARGEST_FILE:
                raise UnreadableModel(f"{path.name} is larger than any model.")
            written = file.read(HEADER)
            header = orjson.loads(written)
            if (header["format"], header["hash_bits"]) != (FORMAT, HASH_BITS):
                raise UnreadableModel(f"{path.name} is a model of another version: train it again.")
            arrays = {name: _array(file, name, sha) for name, sha in header["arrays"].items()}
            # The header holds the hashes of the arrays, so its own names the whole.
            return _model(header, arrays, sha256(written).hexdigest())
    except _DAMAGED as error:
        raise UnreadableModel(f"{path.name} is no model that can be read: {type(error).__name__}.") from error


def _packed(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _array(file: zipfile.ZipFile, name: str, sha: str) -> Array:
    content = file.read(f"{name}.npy")
    if sha256(content).hexdigest() != sha:
        raise UnreadableModel(f"{name} is not what was saved: the file was damaged or altered.")
    array: Array = np.load(io.BytesIO(content), allow_pickle=False)
    del content  # a model fills much of the memory that the service may have
    return array if array.dtype == np.int32 else array.astype(np.float32)


def _model(header: dict[str, Any], arrays: dict[str, Array], sha: str) -> Model:
    slots, labels = arrays["slots"], tuple(map(str, header["labels"]))
    shapes = {"idf": (len(slots),), "linear": (len(slots), len(labels)), "linear_bias": (len(labels),)}
    network = None
    if "first" in arrays:
        network = Network(*(arrays[name] for name in ("first", "first_bias", "second", "second_bias")))
        hidden = len(network.first_bias)
        shapes |= {"first": (len(slots), hidden), "second": (hidden, len(labels)), "second_bias": (len(labels),)}
    wrong = [name for name, shape in shapes.items() if arrays[name].shape != shape]
    if wrong or not labels or slots.min(initial=0) < 0 or slots.max(initial=0) >= SLOTS:
        raise UnreadableModel(f"The arrays do not belong together: {', '.join(wrong) or 'slots'}.")
    index = np.full(SLOTS, -1, np.int32)
    index[slots] = np.arange(len(slots))
    first, second = map(float, header["thresholds"])
    return Model(
        labels=labels,
        index=index,
        idf=arrays["idf"],
        block=(slots >> HASH_BITS).astype(np.int8),
        linear=arrays["linear"],
        linear_bias=arrays["linear_bias"],
        network=network,
        calibration=Calibration(arrays["said"], arrays["true"]),
        thresholds=(first, second),
        about=dict(header["about"]),
        hash=sha,
    )

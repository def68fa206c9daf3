"""Labelled texts for training and measuring, and how they are split so that no near-duplicate stands on both sides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from shared.matching import comparable

__all__ = ["Example", "UnreadableExamples", "fingerprint", "folds", "read_examples", "text_hash"]

# Where dates are given, what is later is foretold from what is earlier, as in service; else each part from the others.
FORWARD = (0.6, 0.8, 1.0)
PARTS = 4


class UnreadableExamples(Exception):
    """A file of examples has a line that is none; the message names the line and shows nothing of it."""


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    label: str
    # Near-duplicates and follow-ups share one; the text itself where none is given.
    group: str
    # ISO 8601; None where the file has no dates.
    date: str | None
    # The operator's topic from the widest to the narrowest, which the label often follows; may be empty.
    category: tuple[str, ...]
    # Those that it is not: departments that gave the complaint back (`not` in a file).
    refused: tuple[str, ...] = ()


def read_examples(path: Path) -> list[Example]:
    examples = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if line.strip():
            try:
                examples.append(_example(orjson.loads(line)))
            except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
                raise UnreadableExamples(
                    f"{path.name}: line {number} is no example; wanted is {{'text': …, 'label': …}}."
                ) from None
    if not examples:
        raise UnreadableExamples(f"{path.name} holds no example.")
    return examples


def _example(row: dict[str, object]) -> Example:
    text, label, date, category = row["text"], row["label"], row.get("date"), row.get("category")
    if not isinstance(text, str) or not isinstance(label, str):
        raise TypeError
    topics = category if isinstance(category, list) else [category] if isinstance(category, str) else []
    refused = row.get("not")
    return Example(
        text,
        label,
        str(row.get("group") or comparable(text)),
        date if isinstance(date, str) else None,
        tuple(map(str, topics)),
        tuple(str(one) for one in refused if one != label) if isinstance(refused, list) else (),
    )


def text_hash(text: str) -> int:
    """64 bits by which a model knows a text again without holding it."""
    return int.from_bytes(sha256(comparable(text).encode("utf-8", "replace")).digest()[:8])


def fingerprint(examples: Sequence[Example]) -> str:
    """Of the training data as a whole, whatever the order of its lines."""
    lines = sorted(orjson.dumps([e.text, e.label, e.group, e.date, e.category, e.refused]) for e in examples)
    return sha256(b"\n".join(lines)).hexdigest()


def folds(examples: Sequence[Example]) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Pairs of training and test rows; a group is never divided."""
    groups: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        groups.setdefault(example.group, []).append(row)
    if all(example.date for example in examples):
        ordered = sorted(groups.values(), key=lambda rows: min(str(examples[row].date) for row in rows))
        for share, until in pairwise(FORWARD):
            yield _rows(ordered, 0, share, len(examples)), _rows(ordered, share, until, len(examples))
    else:
        ordered = [groups[group] for group in sorted(groups, key=lambda group: sha256(group.encode()).digest())]
        for part in range(PARTS):
            low, high = part / PARTS, (part + 1) / PARTS
            before = _rows(ordered, 0, low, len(examples))
            after = _rows(ordered, high, 1, len(examples))
            yield np.concatenate([before, after]), _rows(ordered, low, high, len(examples))


def _rows(ordered: Sequence[list[int]], low: float, high: float, total: int) -> npt.NDArray[np.int64]:
    """The rows of the groups that begin in this share of all rows."""
    begins = accumulate(map(len, ordered), initial=0)
    chosen = [rows for begin, rows in zip(begins, ordered, strict=False) if low * total <= begin < high * total]
    return np.array([row for rows in chosen for row in rows], np.int64)

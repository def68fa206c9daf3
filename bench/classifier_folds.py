"""``python -m bench.classifier_folds DATA.jsonl``: each text foretold by a model that saw nothing near it.

For files without dates. Five parts, drawn anew for each round; next to each measurement stands the plain baseline's on
the same part, in the end the mean of both, the mean gain and its standard error. A single split of some hundred texts
cannot tell gains under 0.01 from chance; this can.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.classifier import baseline
from services.router.classifier.examples import Example, read_examples
from services.router.classifier.measures import measure
from services.router.classifier.measuring import probabilities_of
from services.router.classifier.near_duplicates import groups_of
from services.router.classifier.training import train

PARTS = 5
SHOWN = ("accuracy", "macro_f1", "top3", "coverage_95", "coverage_98", "ece")


def parts_of(examples: Sequence[Example], seed: int) -> Iterator[tuple[list[Example], list[Example]]]:
    """Each part of the examples after the rest of them; a group is never divided."""
    names = np.unique([example.group for example in examples])
    np.random.default_rng(seed).shuffle(names)
    part = {name: place * PARTS // len(names) for place, name in enumerate(names)}
    for number in range(PARTS):
        rest = [example for example in examples if part[example.group] != number]
        yield rest, [example for example in examples if part[example.group] == number]


def measured(seen: Sequence[Example], unseen: Sequence[Example]) -> dict[str, Any]:
    model = train(seen).model
    truth = [example.label for example in unseen]
    return asdict(measure(probabilities_of(model, unseen), model.labels, truth, model.thresholds))


def shown(figures: dict[str, Any]) -> str:
    return " ".join(f"{name} {figures[name]:.4f}" for name in SHOWN)


def spread(values: Sequence[float]) -> str:
    """The mean and, of several values, its standard error."""
    of: npt.NDArray[np.float64] = np.array(values)
    return f"{of.mean():+.4f} (± {of.std(ddof=1) / np.sqrt(len(of)):.4f})" if len(of) > 1 else f"{of.mean():+.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    told = parser.parse_args()
    examples = read_examples(told.data)
    near = groups_of([example.text for example in examples])
    examples = [replace(example, group=f"{group:06}") for example, group in zip(examples, near, strict=True)]
    pairs = []
    for seed in range(told.rounds):
        for seen, unseen in parts_of(examples, seed):
            pairs.append((baseline(seen, unseen), measured(seen, unseen)))
            print("baseline", shown(pairs[-1][0]), "| model", shown(pairs[-1][1]), flush=True)
    for name in SHOWN:
        plain, ours = ([figures[name] for figures in side] for side in zip(*pairs, strict=True))
        gained = spread([own - other for own, other in zip(ours, plain, strict=True)])
        print(f"{name}: baseline {np.mean(plain):.4f}, model {np.mean(ours):.4f}, gained {gained}")


if __name__ == "__main__":
    main()

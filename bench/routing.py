"""How fast one core decides, and how much memory that takes: ``make bench-routing``.

The whole ``decide()`` in batches of 500, over our sample complaints or the texts of a file (lines of JSON with a text),
repeated with variation until there are enough. Without a classifier, and with the one at ``--model`` or, without that,
one of random weights that is as large as a real one.
"""

import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import numpy as np
import numpy.typing as npt
import typer

from bench.result import Result, Target
from deploy.local.feed import sample_submissions
from deploy.local.hotline import POLICY
from services.router.classifier.calibration import Calibration
from services.router.classifier.classifier import Model
from services.router.classifier.features import HASH_BITS, SLOTS, spans_of
from services.router.classifier.model_file import load_model, save_model
from services.router.classifier.neural import HIDDEN, Network
from services.router.decide import Matcher
from services.router.in_service import Routing
from shared.events import ComplaintReceived
from shared.policy_files import load_policy

BATCH, TEXTS = 500, 20_000
FEATURES = 66_000
KILOBYTES = 1024  # in a megabyte
TARGETS = {
    "rules_texts_per_second": Target("at least", 5000),
    "rules_peak_mb": Target("at most", 300),
    "classifier_texts_per_second": Target("at least", 5000),
    "classifier_peak_mb": Target("at most", 300),
}


def main(
    data: Annotated[Path | None, typer.Option(help="Lines of JSON with a text; our samples without it.")] = None,
    model: Annotated[Path | None, typer.Option(help="What the train command wrote.")] = None,
    texts: Annotated[int, typer.Option(help="How many are decided in each run.")] = TEXTS,
    *,
    alone: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    if alone:
        print(json.dumps(_measure(data, model if alone == "classifier" else None, texts)))
        return
    result = Result(f"decide(), batches of {BATCH}, one core", TARGETS)
    with tempfile.TemporaryDirectory() as state:
        file = model or _made(Path(state) / "model")
        for name in ("rules", "classifier"):
            # Each in a process of its own: the peak of one is not that of the other.
            asked = [
                sys.executable,
                "-m",
                "bench.routing",
                "--alone",
                name,
                "--model",
                str(file),
                "--texts",
                str(texts),
            ]
            asked += ["--data", str(data)] if data else []
            answer = subprocess.run(asked, check=True, capture_output=True, text=True)  # noqa: S603  # this very module
            result.figures |= {f"{name}_{key}": value for key, value in json.loads(answer.stdout).items()}
    result.show(None)
    print("PASS" if result.met else "FAIL")
    raise typer.Exit(0 if result.met else 1)


def _measure(data: Path | None, model: Path | None, texts: int) -> dict[str, float]:
    routing = Routing(Matcher(load_policy(POLICY)), load_model(model) if model else None)
    complaints = itertools.islice(_complaints(data), texts)
    triage = decided = 0
    seconds = 0.0
    while batch := list(itertools.islice(complaints, BATCH)):
        began = time.process_time()
        decisions = routing.decide(batch)
        seconds += time.process_time() - began
        decided += len(decisions)
        triage += sum(decision.department == routing.policy.triage_desk for decision in decisions)
    # Not ru_maxrss, which begins with what the parent had.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].split()[0]) / KILOBYTES
    return {"texts_per_second": decided / seconds, "peak_mb": peak, "share_to_triage": triage / decided}


def _complaints(data: Path | None) -> Iterator[ComplaintReceived]:
    """Endless, none like the one before: a number and another beginning or end make every text its own."""
    if data is None:
        kept = [(one["text"], one["kind"], one.get("title"), one.get("place")) for one in sample_submissions()]
    else:
        kept = [
            (json.loads(line)["text"], "complaint", None, None) for line in data.read_text("utf-8").splitlines() if line
        ]
    chance = random.Random(1)  # noqa: S311  # no secret
    around = ("来电人反映：", "", "您好，", "请转有关部门。", "谢谢。")
    for number, (text, kind, title, place) in enumerate(itertools.cycle(kept)):
        yield ComplaintReceived.model_validate(
            {
                "complaint_id": UUID(int=number),
                "ticket_number": "bench",
                "channel": "hotline_12345",
                "kind": kind,
                "urgency": "normal",
                "confidentiality": "named",
                "title": title,
                "place": place,
                "text": f"{chance.choice(around)}{text}{chance.choice(around)}{number}号",
                "accepted_at": datetime(2026, 11, 1, tzinfo=UTC),
            }
        )


def _made(path: Path) -> Path:
    """A model of this county's departments with weights by chance: as much work as a trained one, and of no use."""
    chance = np.random.default_rng(2)
    labels = tuple(sorted(load_policy(POLICY).departments))
    # Real features, so that the texts meet them, filled up to the size of a model of a city's year.
    slots = np.unique(spans_of([one["text"] for one in sample_submissions()]).slot)
    slots = np.unique(np.concatenate([slots, chance.integers(0, SLOTS, FEATURES)]))[-FEATURES:]
    index = np.full(SLOTS, -1, np.int32)
    index[slots] = np.arange(len(slots))

    def weights(*shape: int) -> npt.NDArray[np.float32]:
        return chance.normal(0, 0.3, shape).astype(np.float32)

    count = len(slots)
    model = Model(
        labels=labels,
        index=index,
        idf=np.ones(count, np.float32),
        block=(slots >> HASH_BITS).astype(np.int8),
        linear=weights(count, len(labels)),
        linear_bias=weights(len(labels)),
        network=Network(weights(count, HIDDEN), weights(HIDDEN), weights(HIDDEN, len(labels)), weights(len(labels))),
        calibration=Calibration(np.array([0, 1], np.float32), np.array([0, 1], np.float32)),
        thresholds=(0.5, 0.9),
        about={},
    )
    save_model(model, path)
    return path


if __name__ == "__main__":
    typer.run(main)

import json
from collections.abc import Sequence
from pathlib import Path

import orjson
from typer.testing import CliRunner

from services.router.__main__ import app
from services.router.classifier.examples import Example
from services.router.classifier.model_file import load_model, save_model
from tests.unit.router.labelled import examples, model

KEYS = ["n", "accuracy", "macro_f1", "top3", "coverage_95", "coverage_98", "ece", "texts_per_second", "peak_mb"]


def written(path: Path, rows: Sequence[Example]) -> str:
    path.write_bytes(b"\n".join(orjson.dumps({"text": e.text, "label": e.label}) for e in rows))
    return str(path)


def test_a_model_is_trained_and_measured_by_two_commands(tmp_path: Path) -> None:
    data, out = written(tmp_path / "data.jsonl", examples(200)), str(tmp_path / "model")
    assert CliRunner().invoke(app, ["train", data, "--out", out]).exit_code == 0
    later = written(tmp_path / "later.jsonl", examples(50, seed=5))
    result = CliRunner().invoke(app, ["evaluate", later, "--model", out])
    assert result.exit_code == 0
    figures = json.loads(result.stdout.splitlines()[-1])
    assert list(figures) == KEYS
    assert figures["n"] == 50
    assert figures["accuracy"] > 0.8
    assert figures["texts_per_second"] > 0
    assert figures["peak_mb"] > 0


def test_a_worse_model_is_refused_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "model"
    save_model(model(), out)
    worse = written(tmp_path / "worse.jsonl", examples(150, seed=3, mistaken=0.6))
    refused = CliRunner().invoke(app, ["train", worse, "--out", str(out)])
    assert refused.exit_code == 1
    assert "worse" in refused.stderr
    assert load_model(out).about == model().about
    assert CliRunner().invoke(app, ["train", worse, "--out", str(out), "--force"]).exit_code == 0
    assert load_model(out).about["training_data"] != model().about["training_data"]


def test_a_model_as_good_on_the_same_held_out_texts_takes_the_place(tmp_path: Path) -> None:
    out = tmp_path / "model"
    save_model(model(), out)
    same = written(tmp_path / "same.jsonl", examples(400))
    result = CliRunner().invoke(app, ["train", same, "--out", str(out)])
    assert result.exit_code == 0
    assert "out of fold" in result.stdout


def test_new_texts_decide_between_two_models(tmp_path: Path) -> None:
    out = tmp_path / "model"
    save_model(model(), out)
    more = written(tmp_path / "more.jsonl", [*examples(400), *examples(300, seed=8, mistaken=0)])
    result = CliRunner().invoke(app, ["train", more, "--out", str(out)])
    assert "on 300 held-out texts" in result.stdout + result.stderr


def test_a_line_that_is_no_example_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text('{"text": "停水", "label": "a"}\n{"text": "secret"}\n')
    result = CliRunner().invoke(app, ["train", str(tmp_path / "data.jsonl"), "--out", str(tmp_path / "model")])
    assert result.exit_code == 1
    assert "line 2" in result.stderr
    assert "secret" not in result.stderr


def test_what_is_no_model_cannot_be_measured(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"garbage")
    data = written(tmp_path / "data.jsonl", examples(5))
    assert CliRunner().invoke(app, ["evaluate", data, "--model", str(tmp_path / "model")]).exit_code == 1

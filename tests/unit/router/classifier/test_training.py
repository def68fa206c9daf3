from dataclasses import replace

import numpy as np
import pytest

from services.router.classifier.examples import folds
from services.router.classifier.measures import threshold_for
from services.router.classifier.training import TooFewExamples, train
from tests.unit.router.labelled import WORDS, examples, model, trained


def test_a_trained_model_knows_what_it_was_told() -> None:
    fresh = examples(100, seed=9, mistaken=0)
    answers = model().probabilities([example.text for example in fresh]).argmax(axis=1)
    assert np.mean([model().labels[a] == e.label for a, e in zip(answers, fresh, strict=True)]) > 0.95


def test_probabilities_of_a_text_sum_to_one() -> None:
    sums = model().probabilities(["停水", "", "a", "从来没有见过的话", "停" * 9000]).sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-5)


def test_the_same_examples_make_the_same_model_in_whatever_order_they_stand() -> None:
    some = examples(120)
    first, second = train(some).model, train(some).model
    assert np.array_equal(first.linear, second.linear)
    assert first.thresholds == second.thresholds
    assert first.about == second.about
    assert train(some[::-1]).model.about["training_data"] == first.about["training_data"]


def test_the_thresholds_rest_on_texts_of_the_training_data_that_the_learners_had_not_seen() -> None:
    known = examples(400)
    foretold = trained().foretold
    truth = [known[row].label for row in trained().rows]
    correct = foretold.argmax(axis=1) == [model().labels.index(label) for label in truth]
    assert len(set(trained().rows.tolist())) == len(known)
    assert model().thresholds[0] == threshold_for(0.95, foretold.max(axis=1), correct)
    # Of a tenth that was told wrongly nobody can foretell which.
    assert 0.85 < correct.mean() < 0.97


@pytest.mark.parametrize("dated", [True, False])
def test_no_group_stands_on_both_sides_of_a_split(dated: bool) -> None:
    grouped = [replace(e, group=str(number % 25)) for number, e in enumerate(examples(200, dated=dated))]
    for seen, unseen in folds(grouped):
        assert not {grouped[row].group for row in seen} & {grouped[row].group for row in unseen}


def test_what_is_dated_is_foretold_from_what_came_before() -> None:
    dated = examples(200, dated=True)
    for seen, unseen in folds(dated):
        assert max(str(dated[row].date) for row in seen) <= min(str(dated[row].date) for row in unseen)


def test_without_dates_every_example_is_foretold_once() -> None:
    foretold = [row for _, unseen in folds(examples(100)) for row in unseen]
    assert sorted(foretold) == list(range(100))


def test_many_labels_and_their_topics_are_learned_by_a_network_too() -> None:
    many = [
        replace(
            e,
            label=f"{e.label}-{number % 8}",
            text=f"{e.text}第{'甲乙丙丁戊己庚辛'[number % 8]}街",
            category=("all", e.label),
        )
        for number, e in enumerate(examples(480, mistaken=0))
    ]
    result = train(many)
    assert result.model.network is not None
    assert result.measured.top3 > 0.5


def test_those_that_gave_it_back_outweigh_those_that_kept_it() -> None:
    alike = [replace(e, text="涵洞积水") for e in examples(18, seed=3)]
    kept = [replace(e, label="power-supply") for e in alike[:10]]
    given_back = [replace(e, label="water-supply", refused=("power-supply",)) for e in alike[10:]]
    unsaid = [replace(e, refused=()) for e in given_back]
    before, after = (train([*examples(200), *kept, *some]).model for some in (unsaid, given_back))
    answers = [model.labels[model.probabilities(["涵洞积水"])[0].argmax()] for model in (before, after)]
    assert answers == ["power-supply", "water-supply"]
    assert after.about["training_data"] != before.about["training_data"]


def test_a_department_is_known_by_its_name_where_it_had_few_complaints() -> None:
    many = [replace(e, text=f"{e.text}请处理") for e in examples(200, mistaken=0)]
    # Its few complaints are told in words that others use too; only its name says what it is for.
    few = [replace(e, text=f"请处理{number}河道渔船", label="渔业局") for number, e in enumerate(many[:3])]
    called = [replace(e, text=f"{e.text}渔业", label="transport") for e in many[3:5]]
    trained_on = train([*many, *few, *called]).model
    probabilities = trained_on.probabilities(["渔业局", "渔业局管不管"])
    assert [trained_on.labels[row.argmax()] for row in probabilities] == ["渔业局", "渔业局"]


@pytest.mark.parametrize("labels", [1, len(WORDS)])
def test_one_label_cannot_be_learned(labels: int) -> None:
    same = [replace(e, label="water-supply") for e in examples(40)] if labels == 1 else examples(1)
    with pytest.raises(TooFewExamples):
        train(same)

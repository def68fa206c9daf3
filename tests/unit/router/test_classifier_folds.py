from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bench.classifier_folds import PARTS, parts_of, spread
from services.router.classifier.examples import Example

GROUPS = st.lists(st.sampled_from("abcdefghij"), min_size=PARTS, max_size=40).filter(
    lambda names: len(set(names)) >= PARTS
)


def examples_in(groups: list[str]) -> list[Example]:
    return [Example(f"第{number}件", "甲", group, None, ()) for number, group in enumerate(groups)]


@given(GROUPS, st.integers(0, 5))
def test_every_text_is_foretold_once_from_all_others_that_are_not_near_it(groups: list[str], seed: int) -> None:
    examples = examples_in(groups)
    parts = list(parts_of(examples, seed))
    assert Counter(example.text for _, unseen in parts for example in unseen) == Counter(e.text for e in examples)
    for seen, unseen in parts:
        assert not {example.group for example in seen} & {example.group for example in unseen}
        assert len(seen) + len(unseen) == len(examples)


@given(GROUPS, st.integers(0, 5))
def test_the_same_seed_draws_the_same_parts(groups: list[str], seed: int) -> None:
    examples = examples_in(groups)
    assert list(parts_of(examples, seed)) == list(parts_of(examples, seed))


def test_a_gain_is_told_with_its_standard_error() -> None:
    assert spread([0.01, 0.03]) == "+0.0200 (± 0.0100)"
    assert spread([-0.01]) == "-0.0100"

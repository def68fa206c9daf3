"""Public disclosure: duties, terms and results, and nothing by which somebody could be recognized."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.reports.disclosure import (
    FEWEST,
    KIND_IN_CHINESE,
    disclosed,
    in_chinese,
    results,
    schema,
    table,
    terms,
)
from services.tracker.reports.reports import RATES, Measure, Month
from shared.language import Kind
from shared.policy import Policy
from shared.term import Term, Unit

counted = st.dictionaries(st.tuples(st.sampled_from(Measure), st.just("")), st.integers(0, 12))


@given(counted)
def test_no_number_and_no_rate_is_of_one_to_four(counts: dict[tuple[Measure, str], int]) -> None:
    told = results(counts)
    assert told.received is None or told.received == 0 or told.received >= FEWEST
    for name, (_, whole) in RATES.items():
        of = sum(counts.get((measure, ""), 0) for measure in whole)
        assert (told.rates[name] is None) == (of < FEWEST)


@given(counted)
def test_it_is_said_that_something_is_withheld(counts: dict[tuple[Measure, str], int]) -> None:
    wholes = [sum(counts.get((one, ""), 0) for one in whole) for _, whole in RATES.values()]
    assert results(counts).withheld == any(0 < n < FEWEST for n in (counts.get((Measure.RECEIVED, ""), 0), *wholes))


def test_that_nobody_complained_is_told() -> None:
    assert results({}).received == 0
    assert not results({}).withheld


def test_every_department_that_answers_is_disclosed_with_its_duties(policy: Policy) -> None:
    found = disclosed(policy, {})
    assert policy.triage_desk not in {one.code for one in found}
    assert {matter.code for one in found for matter in one.matters} == set(policy.matters)


def test_the_schema_names_the_columns_of_the_file_in_their_order(policy: Policy) -> None:
    written = table(policy, Month(2026, 10), disclosed(policy, {}))
    assert [field["name"] for field in schema()["fields"]] == list(written.headings)
    assert all(len(row) == len(written.headings) for row in written.rows)


def test_terms_are_told_in_words(policy: Policy) -> None:
    assert ("投诉", "1个工作日", "10个工作日") in terms(policy)
    assert ("紧急", "2小时", "2小时") in terms(policy)


@pytest.mark.parametrize("unit", Unit)
def test_every_unit_has_words(unit: Unit) -> None:
    assert in_chinese(Term(3, unit)).startswith("3")


def test_every_kind_has_a_name() -> None:
    assert set(KIND_IN_CHINESE) == set(Kind)

"""Complaints that accuse by telling what happened, sentence by sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.accusations.stories import told
from services.router.decide import decide
from tests.unit.router.accusations.test_conflict import ACCUSED, NOT_ACCUSED, accusations
from tests.unit.router.county import received, zhenping
from tests.unit.router.stories import INNOCENT, MISSED, OFFICIALS, TOLD, UNTOLD


@pytest.mark.parametrize(("text", "department"), TOLD)
def test_a_story_accuses_whom_it_tells_of(text: str, department: str) -> None:
    assert [accusation.department for accusation in accusations(text)][:1] == [department]


@pytest.mark.parametrize(("text", "department"), TOLD + UNTOLD)
def test_a_story_does_not_go_to_whom_it_is_about(text: str, department: str) -> None:
    assert decide(received(text), zhenping()).department != department


@pytest.mark.parametrize(("text", "department"), MISSED)
def test_what_is_not_found_yet_is_known(text: str, department: str) -> None:
    """Whoever makes the router find these moves them into one of the other tables."""
    assert decide(received(text), zhenping()).department == department


@pytest.mark.parametrize("text", OFFICIALS)
def test_a_story_about_an_official_of_a_town_or_village_accuses_no_department(text: str) -> None:
    assert [accusation.department for accusation in accusations(text)] == [None]


@pytest.mark.parametrize("text", INNOCENT)
def test_a_story_that_only_names_a_department_accuses_nobody(text: str) -> None:
    assert accusations(text) == ()


def test_the_tables_are_large_and_repeat_nothing() -> None:
    texts = [text for text, _ in [*ACCUSED, *TOLD, *UNTOLD, *MISSED]] + [*NOT_ACCUSED, *INNOCENT, *OFFICIALS]
    assert len(set(texts)) == len(texts) >= 150


@given(st.text(alphabet="城管收我了没给不把的一百块趟,。让找来明天", max_size=60))
def test_what_is_told_stands_in_the_text(text: str) -> None:
    for found, _ in told(text):
        assert text[found.start : found.end] == found.word
        assert found.word

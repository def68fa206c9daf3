"""Complaints that accuse by telling what happened, sentence by sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.accusations.stories import told
from tests.unit.router import callers, last_callers, later_callers, unseen
from tests.unit.router.accusations.test_conflict import ACCUSED, NOT_ACCUSED, accusations
from tests.unit.router.stories import INNOCENT, OFFICIALS, TOLD, UNTOLD


@pytest.mark.parametrize(("text", "department"), TOLD)
def test_a_story_accuses_whom_it_tells_of(text: str, department: str) -> None:
    assert [accusation.department for accusation in accusations(text)][:1] == [department]


@pytest.mark.parametrize("text", OFFICIALS)
def test_a_story_about_an_official_of_a_town_or_village_accuses_no_department(text: str) -> None:
    assert [accusation.department for accusation in accusations(text)] == [None]


@pytest.mark.parametrize("text", INNOCENT)
def test_a_story_that_only_names_a_department_accuses_nobody(text: str) -> None:
    assert accusations(text) == ()


@pytest.mark.parametrize(
    ("text", "line"), [*callers.HARMLESS, *later_callers.HARMLESS, *last_callers.HARMLESS, *unseen.HARMLESS]
)
def test_a_caller_who_only_names_a_department_or_an_official_accuses_nobody(text: str, line: str | None) -> None:
    assert accusations(text, received_by=line) == ()


def test_the_tables_are_large_and_repeat_nothing() -> None:
    texts = [text for text, _ in [*ACCUSED, *TOLD, *UNTOLD]] + [*NOT_ACCUSED, *INNOCENT, *OFFICIALS]
    texts += [text for text, _ in [*unseen.TALES, *unseen.MISSED, *unseen.HARMLESS]]
    for lot in (callers, later_callers, last_callers):
        texts += [text for text, _ in [*lot.TALES, *lot.ON_ITS_LINE, *lot.HARMLESS]] + lot.OF_OFFICIALS
    assert len(set(texts)) == len(texts) >= 420


@pytest.mark.parametrize(
    ("text", "accused"),
    [
        ("我去社保局办退休，前后跑了六次，每次都说系统坏了", "human-resources"),
        ("12345的话务员听我说到一半就挂了", "triage-desk"),
        ("村支书把低保名额给了他小舅子", None),
        ("村主任家三口人吃低保，房子三层楼", None),
        ("我要举报村会计，请保密", None),
    ],
)
def test_what_a_reviewer_told_is_found_as_well(text: str, accused: str | None) -> None:
    assert [accusation.department for accusation in accusations(text)][:1] == [accused]


def test_a_number_that_nobody_answers_does_not_accuse_whom_the_caller_asks_all_the_same() -> None:
    assert accusations("超市收银员骂人，12315打不通，请市场监管局处理") == ()
    assert accusations("12315打不通")[0].department == "market-regulation"


@given(st.text(alphabet="城管收我了没给不把的一百块趟,。让找来明天", max_size=60))
def test_what_is_told_stands_in_the_text(text: str) -> None:
    for found, _ in told(text):
        assert text[found.start : found.end] == found.word
        assert found.word

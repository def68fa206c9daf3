"""The department is heard before anybody confirms, and what was said stays said."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.tracker.inaction.verdicts import Refused, Standing, Suspected, check_explaining, check_verdict, in_note
from shared.language import InactionKind

AT = datetime(2026, 11, 24, 4, tzinfo=UTC)
EXPLAIN_BY = AT + timedelta(days=3)
BEFORE, AFTER = EXPLAIN_BY - timedelta(seconds=1), EXPLAIN_BY


def suspected(standing: Standing = Standing.SUSPECTED, *, explained: bool = False) -> Suspected:
    return Suspected("water-supply", InactionKind.SLOW, AT, standing, explained, None)


def test_a_department_explains_itself_once_and_only_while_nobody_has_judged() -> None:
    check_explaining(suspected())
    with pytest.raises(Refused, match="explained already"):
        check_explaining(suspected(explained=True))
    for judged in (Standing.CONFIRMED, Standing.DISMISSED):
        with pytest.raises(Refused, match=f"This is {judged} already"):
            check_explaining(suspected(judged))


def test_nobody_confirms_before_the_department_has_explained_itself_or_let_its_term_pass() -> None:
    with pytest.raises(Refused, match="may explain itself until"):
        check_verdict(suspected(), Standing.CONFIRMED, BEFORE, EXPLAIN_BY)
    check_verdict(suspected(explained=True), Standing.CONFIRMED, BEFORE, EXPLAIN_BY)
    check_verdict(suspected(), Standing.CONFIRMED, AFTER, EXPLAIN_BY)


def test_what_is_plainly_wrong_is_dismissed_at_once() -> None:
    check_verdict(suspected(), Standing.DISMISSED, BEFORE, EXPLAIN_BY)


@pytest.mark.parametrize("verdict", [Standing.CONFIRMED, Standing.DISMISSED])
def test_a_verdict_gives_way_to_another_one_but_is_not_said_twice(verdict: Standing) -> None:
    with pytest.raises(Refused, match=f"This is {verdict} already"):
        check_verdict(suspected(verdict), verdict, AFTER, EXPLAIN_BY)
    other = Standing.DISMISSED if verdict is Standing.CONFIRMED else Standing.CONFIRMED
    check_verdict(suspected(verdict), other, AFTER, EXPLAIN_BY)


def test_what_the_record_says_names_the_suspicion_that_it_is_about() -> None:
    assert in_note("情况属实。", UUID(int=7)) == "情况属实。（疑似不作为00000000-0000-0000-0000-000000000007）"

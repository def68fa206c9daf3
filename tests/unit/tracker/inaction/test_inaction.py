from datetime import UTC, datetime, timedelta

import pytest

from services.tracker.inaction.inaction import Suspicion, suspect
from shared.china_time import CHINA_TIME
from shared.language import Clock, InactionKind

OPENED_AT = datetime(2026, 9, 30, 16, 5, tzinfo=CHINA_TIME).astimezone(UTC)
END_OF_14_OCTOBER = datetime(2026, 10, 15, tzinfo=CHINA_TIME).astimezone(UTC)


@pytest.mark.parametrize(
    ("clock", "due_at", "suspicion"),
    [
        (
            Clock.ACKNOWLEDGE,
            END_OF_14_OCTOBER,
            Suspicion(
                InactionKind.NOT_ACKNOWLEDGED,
                "工单ZP20260930-000123于2026年9月30日16时05分派至镇坪县水利局，应于2026年10月14日24时前签收，至今未签收。",
            ),
        ),
        (
            Clock.REPLY,
            END_OF_14_OCTOBER,
            Suspicion(
                InactionKind.NOT_ANSWERED,
                "工单ZP20260930-000123于2026年9月30日16时05分派至镇坪县水利局，应于2026年10月14日24时前答复，至今未答复。",
            ),
        ),
        (
            Clock.REPLY,
            OPENED_AT + timedelta(hours=2),
            Suspicion(
                InactionKind.NOT_ANSWERED,
                "工单ZP20260930-000123于2026年9月30日16时05分派至镇坪县水利局，应于2026年9月30日18时05分前答复，至今未答复。",
            ),
        ),
    ],
)
def test_a_missed_deadline_becomes_one_sentence_of_evidence(
    clock: Clock, due_at: datetime, suspicion: Suspicion
) -> None:
    assert suspect(clock, OPENED_AT, due_at, None, "镇坪县水利局", "ZP20260930-000123") == suspicion


def test_a_missed_deadline_of_the_law_names_the_law_and_runs_from_the_receipt() -> None:
    law = "《劳动保障监察条例》第十七条"
    missed = suspect(Clock.REPLY, OPENED_AT, END_OF_14_OCTOBER, None, "镇坪县人社局", "ZP20260930-000123", law)
    assert missed.evidence == (
        "工单ZP20260930-000123于2026年9月30日16时05分收到，由镇坪县人社局承办，依照《劳动保障监察条例》第十七条应于"
        "2026年10月14日24时前答复，至今未答复，已超过法定时限。"
    )


def test_who_acts_too_late_is_told_when_and_not_that_nothing_was_done() -> None:
    late = END_OF_14_OCTOBER + timedelta(hours=9, minutes=7)
    suspicion = suspect(Clock.ACKNOWLEDGE, OPENED_AT, END_OF_14_OCTOBER, late, "镇坪县水利局", "ZP20260930-000123")
    assert suspicion.evidence.endswith("应于2026年10月14日24时前签收，2026年10月15日9时07分才签收。")

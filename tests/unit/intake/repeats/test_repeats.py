from uuid import UUID

import pytest

from services.intake.identity.reading_rules import Standing
from services.intake.repeats.likeness import Matter
from services.intake.repeats.repeats import Earlier, Repeat, as_json, repeated
from shared.language import CaseStatus, Confidentiality
from tests.examples import NOW

LAMP = "小区楼下的路灯坏了半个月，报了几次没有人来修。"
LAMP_AGAIN = "您好，我们小区楼下路灯坏了半个多月了，报修几次都没人来修，请尽快处理。"
WATER = "家里自来水发黄有异味，已经三天了，不敢喝。"


def earlier(
    number: int, text: str, *, place: str | None = None, confidentiality: Confidentiality = Confidentiality.NAMED
) -> Earlier:
    standing = Standing(confidentiality, "urban-management", CaseStatus.IN_PROGRESS, frozenset(), None)
    return Earlier(UUID(int=number), f"ticket-{number}", NOW, Matter(text, place), standing)


def test_it_repeats_the_most_alike_and_not_the_newest() -> None:
    repeat = repeated(Matter(LAMP), [earlier(1, LAMP), earlier(2, LAMP_AGAIN), earlier(3, WATER)])
    assert repeat is not None
    assert (repeat.of.complaint_id, repeat.likeness) == (UUID(int=1), 1)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_equally_alike_ones_it_repeats_the_first(turn: int) -> None:
    repeat = repeated(Matter(LAMP), [earlier(1, LAMP), earlier(2, LAMP)][::turn])
    assert repeat is not None
    assert repeat.of.complaint_id == UUID(int=1)


def test_another_matter_and_the_same_words_about_another_place_are_no_repeats() -> None:
    assert repeated(Matter(LAMP, "城关镇"), [earlier(1, WATER), earlier(2, LAMP, place="曾家镇")]) is None
    assert repeated(Matter(LAMP), []) is None


@pytest.mark.parametrize("later", Confidentiality)
@pytest.mark.parametrize("before", Confidentiality)
def test_an_event_links_only_two_that_are_both_named(later: Confidentiality, before: Confidentiality) -> None:
    repeat = Repeat(earlier(1, LAMP, confidentiality=before), 1)
    assert repeat.event_may_say(later) is (later is before is Confidentiality.NAMED)


def test_who_types_is_told_ticket_time_status_and_likeness_and_no_word_of_it() -> None:
    told = as_json(earlier(1, LAMP), Matter(LAMP))
    assert told == {
        "ticket_number": "ticket-1",
        "accepted_at": NOW,
        "status": CaseStatus.IN_PROGRESS,
        "likeness": 1,
        "same_matter": True,
    }

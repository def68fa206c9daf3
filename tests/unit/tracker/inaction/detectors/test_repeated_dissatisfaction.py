"""The same issue three times with dissatisfaction."""

from services.tracker.inaction.detectors.repeated_dissatisfaction import (
    repeatedly_dissatisfied,
    repeatedly_dissatisfied_in_period,
)
from shared.language import InactionKind, Satisfaction
from tests.unit.tracker.inaction.detectors.cases import case, period

UNHAPPY = Satisfaction.DISSATISFIED
SAME = (
    "柳溪镇农贸市场门口的路灯坏了半个月没人修。",
    "柳溪镇农贸市场门口路灯又坏了，没人来修。",
    "农贸市场门口的路灯还是坏的，一直没人修。",
)


def test_three_times_in_one_case_is_suspected() -> None:
    suspicion = repeatedly_dissatisfied(case(reworks=2, satisfaction=UNHAPPY))
    assert suspicion is not None
    assert suspicion.kind is InactionKind.REPEATED_DISSATISFACTION
    assert "先后3次表示不满意" in suspicion.evidence


def test_twice_is_not_and_neither_is_a_reporter_who_is_satisfied_at_last() -> None:
    assert repeatedly_dissatisfied(case(reworks=1, satisfaction=UNHAPPY)) is None
    assert repeatedly_dissatisfied(case(reworks=2, satisfaction=Satisfaction.SATISFIED)) is None


def test_three_cases_of_the_same_issue_are_one_suspicion() -> None:
    cases = [case(at, text=text, satisfaction=UNHAPPY) for at, text in enumerate(SAME)]
    [found] = repeatedly_dissatisfied_in_period(period(cases))
    assert "20261001-0、20261001-1、20261001-2" in found.suspicion.evidence
    assert found.case == cases[-1]


def test_a_place_that_says_no_more_than_the_town_fits_any_place_of_it() -> None:
    places = ("柳溪镇", "柳溪镇文化路１２号", "汉中市柳溪镇文化路12号")
    cases = [
        case(at, text=SAME[at], satisfaction=UNHAPPY, town="柳溪镇", place=place) for at, place in enumerate(places)
    ]
    assert len(repeatedly_dissatisfied_in_period(period(cases))) == 1


def test_other_issues_other_places_and_satisfied_reporters_do_not_count_together() -> None:
    other = "楼下烧烤店每天营业到凌晨，油烟很大。"
    cases = [case(at, text=text, satisfaction=UNHAPPY) for at, text in enumerate((*SAME[:2], other))]
    assert repeatedly_dissatisfied_in_period(period(cases)) == []
    towns = [case(at, text=text, satisfaction=UNHAPPY, town=f"第{at}镇") for at, text in enumerate(SAME)]
    assert repeatedly_dissatisfied_in_period(period(towns)) == []
    town = "柳溪镇"
    streets = [case(at, text=SAME[at], satisfaction=UNHAPPY, town=town, place=f"{town}东街{at}号") for at in range(3)]
    assert repeatedly_dissatisfied_in_period(period(streets)) == []
    content = [case(at, text=text, satisfaction=Satisfaction.SATISFIED) for at, text in enumerate(SAME)]
    assert repeatedly_dissatisfied_in_period(period(content)) == []

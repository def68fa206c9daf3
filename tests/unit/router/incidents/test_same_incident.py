"""Whether two complaints tell of one incident: what rules it out, that the score explains itself, and how often it is
right on sentences that were written before the rule.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.incident_pairs import gathered, our_own
from services.router.decide import Matcher
from services.router.incidents.fingerprints import Fingerprint, fingerprint_of_text, keys
from services.router.incidents.same_incident import SAME, Ruled, compare
from shared.policy import Policy
from tests.examples import NOW

WINDOW = timedelta(hours=72)
TOWNS = ("城关镇", "上竹镇")


def of(
    text: str, place: str | None = "城关镇新街", hours: float = 0, matter: str | None = "water", **more: tuple[str, ...]
) -> Fingerprint:
    return fingerprint_of_text(NOW + timedelta(hours=hours), text, place, TOWNS, matter, more.get("implicated", ()))


ONE = of("新街从早上停水，家里没法做饭。")


@pytest.mark.parametrize(
    ("other", "ruled"),
    [
        (of("新街从早上停水，家里没法做饭。", hours=72.1), Ruled.TIME),
        (of("新街从早上停水，家里没法做饭。", implicated=("water-supply",)), Ruled.ACCUSED),
        (of("新街从早上停水，家里没法做饭。", place="上竹镇新街"), Ruled.TOWN),
        (of("北街从早上停水，家里没法做饭。", place="城关镇北街"), Ruled.NAME),
    ],
)
def test_the_same_words_are_another_incident_at_another_time_or_place_or_against_somebody(
    other: Fingerprint, ruled: Ruled
) -> None:
    likeness = compare(ONE, other, WINDOW)
    assert (likeness.ruled, likeness.same) == (ruled, False)


def test_another_block_of_the_same_estate_is_another_incident() -> None:
    one, other = (of(f"安居苑{number}号楼电梯坏了一个星期", "城关镇安居苑") for number in (3, 5))
    assert compare(one, other, WINDOW).ruled is Ruled.PART


def test_one_incident_told_in_other_words_is_the_same_and_the_score_says_why() -> None:
    likeness = compare(ONE, of("新街停水大半天了，没法做饭，什么时候来水？", hours=5), WINDOW)
    assert likeness.same
    assert "地点名称相同，都说到停水，事项相同" in likeness.in_chinese()
    assert likeness.score >= SAME


def test_the_same_happening_joins_what_shares_few_words_and_no_matter() -> None:
    one, other = of("新街停水两天了。", matter="water"), of("新街整条街没水，几百户人家，请协调。", matter=None)
    assert compare(one, other, WINDOW).same


def test_other_happenings_at_one_place_are_another_incident_whatever_the_matter() -> None:
    likeness = compare(ONE, of("新街路灯从早上就亮着。"), WINDOW)
    assert not likeness.same
    assert "所述事情不同" in likeness.in_chinese()


def test_what_was_kept_without_happenings_is_compared_by_place_matter_and_words() -> None:
    likeness = compare(replace(ONE, happenings=()), ONE, WINDOW)
    assert likeness.happenings == 0
    assert likeness.same


def test_where_no_place_is_named_only_nearly_the_same_words_count() -> None:
    one = of("请问城乡居民养老保险一年交多少钱，怎么交？", None, matter="insurance")
    assert not compare(one, of("请问城乡居民养老保险断交了可以补吗，怎么补？", None, matter="insurance"), WINDOW).same
    assert compare(one, of("城乡居民养老保险一年交多少钱，怎么交？", None, matter="insurance"), WINDOW).same


def test_formulas_of_politeness_say_nothing() -> None:
    one, other = (
        of(f"您好，我反映{what}的问题，请相关部门尽快核实处理，谢谢！", None, matter=None) for what in ("路灯", "噪音")
    )
    assert not set(one.characters) & set(other.characters)


texts = st.text(alphabet="新街停水路灯坏渝小区三号楼吵桥河了没人修", min_size=1, max_size=30)
prints = st.builds(of, texts, st.sampled_from([None, "城关镇", "上竹镇渝水小区"]), st.floats(0, 100))


@given(prints, prints)
def test_it_is_symmetric(one: Fingerprint, other: Fingerprint) -> None:
    there, back = compare(one, other, WINDOW), compare(other, one, WINDOW)
    assert (there.score, there.same) == (back.score, back.same)
    assert set(there.both) == set(back.both)


@given(texts)
def test_keys_are_few_and_fit_into_a_bigint_and_are_the_same_every_time(text: str) -> None:
    found = keys(of(text, f"{text}小区"), text)
    assert len(found) <= 12
    assert all(-(2**63) <= key < 2**63 for key in found)
    assert keys(of(text, f"{text}小区"), text) == found


def test_who_accuses_shares_no_key_with_who_does_not() -> None:
    text = "新街城管打人"
    assert not set(keys(of(text), text)) & set(keys(of(text, implicated=("urban-management",)), text))


# What was measured when the rule was frozen; docs/routing.md tells which lots the rule had been chosen on.
@pytest.mark.parametrize(
    ("lot", "precision", "recall"),
    [("dev", 0.99, 0.88), ("held", 0.99, 0.81), ("fresh", 0.99, 0.87), ("last", 0.75, 0.46)],
)
def test_it_is_right_as_often_as_the_documents_say(policy: Policy, lot: str, precision: float, recall: float) -> None:
    _, together = gathered(our_own(lot), Matcher(policy), policy.incidents.window)
    assert together.precision >= precision
    assert together.recall >= recall

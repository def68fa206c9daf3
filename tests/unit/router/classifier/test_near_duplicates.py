from hypothesis import given
from hypothesis import strategies as st

from services.router.classifier.near_duplicates import groups_of

NOISE = "城关镇新街的建筑工地每天夜里十一点以后还在打桩，吵得全家人睡不着觉，请管一管"


def test_texts_that_tell_nearly_the_same_share_a_group() -> None:
    again = NOISE.replace("十一点", "12点").replace("，请管一管", "。请尽快处理！")
    one, other, third = groups_of([NOISE, again, "村里的自来水停了三天，水费却一分没少收，水厂电话打不通"])
    assert one == other
    assert third != one


def test_what_leads_from_one_to_another_by_steps_is_one_group() -> None:
    parts = [NOISE[at : at + 26] for at in range(0, 9, 3)]
    assert len(set(groups_of(parts))) == 1


def test_numbers_and_punctuation_make_no_difference() -> None:
    assert groups_of(["工单１２３：路灯坏了三天！", "工单456 路灯坏了三天"]) == [0, 0]


@given(st.lists(st.text(max_size=40), max_size=12))
def test_equal_texts_are_always_together_and_a_group_is_named_by_its_first(texts: list[str]) -> None:
    groups = groups_of([*texts, *texts])
    assert groups[: len(texts)] == groups[len(texts) :]
    assert all(group <= at and groups[group] == group for at, group in enumerate(groups))

"""What a complaint tells of happening, in whichever words."""

from collections import Counter

import pytest

from services.router.incidents.happenings import happenings_of, read_groups
from shared.matching import comparable


@pytest.mark.parametrize(
    ("one", "other", "happening"),
    [
        ("从早上停水到现在", "家里一滴水都没有", "停水"),
        ("路灯坏了", "晚上没有灯", "路灯"),
        ("山体垮塌把路埋了", "進村的路塌方了", "滑坡"),
        ("树林着火了", "那边在冒烟", "着火"),
    ],
)
def test_other_words_tell_of_the_same(one: str, other: str, happening: str) -> None:
    assert happenings_of(comparable(one)) == happenings_of(comparable(other)) == (happening,)


def test_of_words_that_overlap_the_longest_counts() -> None:
    assert happenings_of("乱收停车费") == ("停车费",)
    assert happenings_of("流浪狗") == ("流浪狗",)


def test_the_rarer_stand_first_each_once_and_nothing_is_told_without_their_words() -> None:
    assert happenings_of("半夜噪音太吵，又停水，一停水就吵") == ("停水", "噪音")
    assert happenings_of("请问怎么办") == ()


def test_every_word_tells_of_one_happening_and_is_written_as_texts_are_compared() -> None:
    words = Counter(word for group in read_groups() for word in group)
    assert [word for word, times in words.items() if times > 1] == []
    assert [word for word in words if comparable(word) != word] == []

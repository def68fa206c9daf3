from hypothesis import given
from hypothesis import strategies as st

from services.router.reading import Found, Reader, Role, longest
from shared.matching import comparable


def words_in(text: str, *words: str) -> set[str]:
    return set(Reader((word, Role.KEYWORD) for word in words).read(None, text).words)


def test_full_width_letters_and_capitals_make_no_difference() -> None:
    assert words_in("楼下ＫＴＶ太吵", "ktv") == {"ktv"}


def test_traditional_characters_in_text_or_word_make_no_difference() -> None:
    assert words_in("環境噪聲擾民", "噪声扰民") == {"噪声扰民"}
    assert words_in("环境噪声扰民", "噪聲擾民") == {"噪声扰民"}


def test_a_word_of_digits_is_not_found_inside_a_longer_number() -> None:
    assert words_in("电话13812345678，或者打12345热线", "12345") == {"12345"}
    assert words_in("电话13812345678", "12345") == set()


def test_the_title_comes_first_and_ends_where_the_text_begins() -> None:
    reading = Reader([("停水", Role.KEYWORD), ("停电", Role.KEYWORD)]).read("停水", "又停电")
    assert [(f.word, f.start < reading.title_end) for f in reading.found(Role.KEYWORD)] == [
        ("停水", True),
        ("停电", False),
    ]


def test_a_word_with_two_roles_is_found_in_both() -> None:
    reading = Reader([("路政", Role.KEYWORD), ("路政", Role.DEPARTMENT)]).read(None, "路政")
    assert reading.found(Role.KEYWORD) == reading.found(Role.DEPARTMENT) == [Found("路政", 0, 2)]


def test_only_the_longest_of_words_inside_one_another_is_kept() -> None:
    assert longest([Found("停车", 0, 2), Found("停车费", 0, 3), Found("车费", 1, 3)]) == [Found("停车费", 0, 3)]


def test_words_that_overlap_without_containing_one_another_are_both_kept() -> None:
    assert len(longest([Found("施工噪音", 0, 4), Found("噪音扰民", 2, 6)])) == 2


@given(st.text(), st.text(min_size=1, max_size=4))
def test_a_word_that_was_found_stands_where_the_reading_says(text: str, word: str) -> None:
    if not comparable(word):
        return
    reading = Reader([(word, Role.KEYWORD)]).read("题目", text)
    for found in reading.found(Role.KEYWORD):
        assert reading.text[found.start : found.end] == found.word == comparable(word)

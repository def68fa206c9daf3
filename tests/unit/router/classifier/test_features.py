from hypothesis import given
from hypothesis import strategies as st

from services.router.classifier.features import GRAMS, LONGEST_TEXT, spans_of
from shared.matching import comparable

texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=30), max_size=4)


def slots(text: str, before: tuple[str, ...] = ()) -> list[int]:
    spans = spans_of([*before, text])
    return sorted(spans.slot[spans.row == len(before)].tolist())


@given(texts)
def test_every_span_lies_in_its_own_text(batch: list[str]) -> None:
    spans = spans_of(batch)
    for row, start, end in zip(spans.row, spans.start, spans.end, strict=True):
        assert 0 <= start < end <= len(spans.texts[row])


@given(texts, st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_text_has_the_same_features_whatever_stands_before_it(batch: list[str], text: str) -> None:
    assert slots(text, tuple(batch)) == slots(text)


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_the_words_of_a_text_are_all_of_it(text: str) -> None:
    read = comparable(text)
    spans = spans_of([text])
    grams = sum(2 * max(0, len(read) - n + 1) for n in GRAMS)  # as n-gram and, of so short a text, as its head
    heads = sum(max(0, min(len(read), 40) - n + 1) for n in GRAMS)
    expected = grams // 2 + heads
    assert sum(spans.end[expected:] - spans.start[expected:]) == len(read)


def test_full_width_letters_make_no_difference() -> None:
    assert slots("ＷｉＦｉ１２３") == slots("wifi123")


def test_no_two_spans_of_different_letters_share_a_slot_in_a_sentence() -> None:
    spans = spans_of(["新街工地半夜还在打桩，吵得睡不着，请管一管。"])
    said = {
        (slot, spans.texts[row][start:end])
        for row, slot, start, end in zip(spans.row, spans.slot, spans.start, spans.end, strict=True)
    }
    assert len({slot for slot, _ in said}) == len(said)


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    assert slots("水" * LONGEST_TEXT) == slots("水" * LONGEST_TEXT + "电")

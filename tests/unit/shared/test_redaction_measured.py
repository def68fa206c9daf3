import pytest

from bench.redaction import PARTS, Number, measure, parse, read_part, replaced
from shared.redaction import PersonalData


def test_at_least_99_of_100_labelled_numbers_are_found_and_of_what_is_replaced_99_are_numbers() -> None:
    score = measure([sentence for part in PARTS for sentence in read_part(part)])
    assert score.recall() >= 0.99, "\n".join(score.wrong)
    assert score.precision() >= 0.99, "\n".join(score.wrong)


@pytest.mark.parametrize("kind", PersonalData)
def test_no_kind_hides_behind_the_others(kind: PersonalData) -> None:
    score = measure([sentence for part in PARTS for sentence in read_part(part)])
    assert score.found[kind] >= 35
    assert score.recall([kind]) >= 0.97, "\n".join(score.wrong)
    assert score.precision([kind]) >= 0.97, "\n".join(score.wrong)


def test_the_set_holds_over_600_numbers_and_300_sentences_without_one() -> None:
    sentences = [sentence for part in PARTS for sentence in read_part(part)]
    assert sum(len(sentence.numbers) for sentence in sentences) > 600
    assert sum(not sentence.numbers for sentence in sentences) > 300


def test_no_sentence_of_one_part_is_in_the_other() -> None:
    development, held_out = ({sentence.text for sentence in read_part(part)} for part in PARTS)
    assert not development & held_out


def test_half_a_number_replaced_is_a_miss_and_a_false_alarm() -> None:
    # The eight digits after the first are a date to nobody, and no telephone of the labelled length.
    score = measure([parse("座机⟦phone 8123456转802转⟧")])
    assert (score.found.total(), score.missed.total(), score.false.total()) == (0, 1, 1)


def test_what_was_replaced_is_told_by_where_the_tokens_stand() -> None:
    assert replaced("打13812345678，车陕G12345") == {
        Number(PersonalData.PHONE, "13812345678", 1),
        Number(PersonalData.PLATE, "陕G12345", 14),
    }

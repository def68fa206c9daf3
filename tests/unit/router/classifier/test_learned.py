from dataclasses import replace
from datetime import date
from typing import Any

import orjson

from services.router.classifier.examples import Example, read_examples
from services.router.classifier.learned import Lesson, lines, pooled
from tests.unit.router.county import received

LAMPS = "新街路口的路灯坏了半个月没有人修，晚上黑得看不见路"


def lesson(text: str, label: str = "urban-management", **changes: Any) -> Lesson:
    return replace(Lesson(text, date(2026, 9, 1), label, "person", ()), **changes)


def example(text: str, label: str, group: str) -> Example:
    return Example(text, label, group, None, ())


def test_a_lesson_tells_the_text_and_the_answer_and_not_whose_it_was() -> None:
    complaint = received("路灯坏了，我的电话是13800000000", title="路灯", accepted_at="2026-09-01T17:00:00Z")
    [line] = lines([Lesson.of(complaint, "urban-management", "rule", ["power-supply"])])
    assert line == {
        "text": "路灯\n路灯坏了，我的电话是〔电话〕",
        "label": "urban-management",
        "not": ["power-supply"],
        "by": "rule",
        # The day in China.
        "date": "2026-09-02",
        "group": "learned-0",
    }


def test_near_duplicates_share_a_group_and_others_do_not() -> None:
    one, other, third = lines([lesson(LAMPS), lesson(LAMPS + "。"), lesson("水管爆裂")])
    assert one["group"] == other["group"] != third["group"]


def test_the_lines_are_what_the_train_command_reads(tmp_path: Any) -> None:
    path = tmp_path / "learned.jsonl"
    lessons = [lesson(LAMPS, tried=("power-supply",)), lesson("水管爆裂", "water-supply")]
    path.write_bytes(b"\n".join(map(orjson.dumps, lines(lessons))))
    assert [(e.text, e.label, e.date, e.refused) for e in read_examples(path)] == [
        (LAMPS, "urban-management", "2026-09-01", ("power-supply",)),
        ("水管爆裂", "water-supply", "2026-09-01", ()),
    ]


def test_of_the_same_text_in_two_files_the_later_label_counts() -> None:
    [only] = pooled([[example(LAMPS, "power-supply", "a")], [example(LAMPS, "urban-management", "b")]])
    assert only.label == "urban-management"


def test_a_near_duplicate_in_another_file_comes_into_the_group() -> None:
    old = [example(LAMPS, "urban-management", "a"), example("水管爆裂三天了没有水用", "water-supply", "a")]
    first, second, third = pooled([old, [example(LAMPS + "！", "urban-management", "b")]])
    assert first.group == second.group == third.group


def test_one_file_is_left_as_it_is() -> None:
    same = [example(LAMPS, "a", "x"), example(LAMPS, "b", "y")]
    assert pooled([same]) == same

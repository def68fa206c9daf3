import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.complaint import Complaint, Original, Reporter, content_hash, normalize
from services.intake.county import County
from services.intake.normalizing.cleaning import MAX_TEXT, clean, normalize_text
from services.intake.normalizing.coordinates import Coordinates
from services.intake.normalizing.text_language import TextLanguage
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, Kind, Urgency

COUNTY = County(
    towns=["城关镇", "上竹镇"], urgent_words=["停水", "燃气泄漏"], departments=["water-bureau", "housing-bureau"]
)
REPORTER = Reporter(name="测试甲", phone="13800000000")


def complaint(text: str = "路灯不亮", **fields: Any) -> Complaint:
    given_fields: dict[str, Any] = {"channel": Channel.WEB_PORTAL, "external_id": "w-1", "kind": Kind.COMPLAINT}
    return normalize(COUNTY, text=text, **(given_fields | fields))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  路灯不亮 \n", "路灯不亮"),
        ("一\r\n二\r三", "一\n二\n三"),
        ("一\x00二\x07三\x7f", "一二三"),
        ("一\t二", "一\t二"),
        ("138\u200b0000\u202e0000", "13800000000"),
        ("一\u2028二", "一\n二"),
        ("e\u0301", "é"),
        ("\ufeff你好", "你好"),
        ("坏\ud800字", "坏字"),
    ],
)
def test_text_is_cleaned_of_what_nobody_sees(raw: str, expected: str) -> None:
    assert normalize_text(raw) == expected


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_cleaning_twice_changes_nothing_more(raw: str) -> None:
    once = clean(raw)
    assert clean(once) == once


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_cleaned_text_can_be_stored_and_sent(raw: str) -> None:
    assert "\0" not in clean(raw)
    assert clean(raw).encode().decode() == clean(raw)


@given(st.datetimes(datetime(1900, 1, 2), datetime(2100, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
def test_the_time_is_hashed_as_it_always_was_written(moment: datetime) -> None:
    words = Original("路灯不亮")
    said = ("complaint", "", "路灯不亮", "", moment.astimezone(UTC).isoformat(), "", "named")
    hashed = content_hash(Kind.COMPLAINT, words, moment, None, Confidentiality.NAMED)
    assert hashed == hashlib.sha256("\0".join(said).encode()).digest()


@pytest.mark.parametrize("raw", ["", "  \n", "\u200b\x00"])
def test_an_empty_text_is_refused(raw: str) -> None:
    with pytest.raises(SubmissionRefused, match="text is empty"):
        complaint(raw)


def test_a_text_is_bounded_after_trimming() -> None:
    assert len(normalize_text(" " * 9 + "字" * MAX_TEXT)) == MAX_TEXT
    with pytest.raises(SubmissionRefused, match="at most 20000 characters") as refused:
        normalize_text("字" * (MAX_TEXT + 1))
    assert refused.value.field == "text"


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(SubmissionRefused) as refused:
        complaint(title="13800000000" * 30)
    assert "138" not in str(refused.value)
    assert refused.value.field == "title"


def test_what_leaves_is_redacted_and_what_stays_is_not() -> None:
    made = complaint("请回电13800000000", title="找13800000000", place="城关镇13800000000号")
    assert "138" not in f"{made.text}{made.title}{made.place}"
    assert made.original.text == "请回电13800000000"
    assert made.original.title == "找13800000000"


def test_no_repr_shows_who_or_what() -> None:
    made = complaint("请回电13800000000", title="找测试甲", place="测试甲家", reporter=REPORTER)
    shown = f"{made!r} {made} {made.original!r} {made.reporter!r} {made.reporter}"
    assert "138" not in shown
    assert "测试甲" not in shown


def test_an_anonymous_complaint_keeps_nothing_of_its_reporter() -> None:
    made = complaint(
        "本人13800000000反映", confidentiality=Confidentiality.ANONYMOUS, reporter=REPORTER, title="13800000000"
    )
    assert made.reporter is None
    assert "138" not in f"{made.original.text}{made.original.title}"


def test_a_confidential_complaint_keeps_its_reporter_for_the_vault() -> None:
    assert complaint(confidentiality=Confidentiality.CONFIDENTIAL, reporter=REPORTER).reporter == REPORTER


def test_a_reporter_of_whom_nothing_is_known_is_none() -> None:
    assert complaint(reporter=Reporter()).reporter is None


@pytest.mark.parametrize(
    ("kind", "text", "title", "expected"),
    [
        (Kind.HELP, "家里停水两天了", None, Urgency.URGENT),
        (Kind.REPORT, "快来人", "燃气泄漏", Urgency.URGENT),
        (Kind.HELP, "路灯不亮", None, Urgency.NORMAL),
        (Kind.PRAISE, "停水后抢修很快，感谢", None, Urgency.NORMAL),
        (Kind.SUGGESTION, "建议停水前通知", None, Urgency.NORMAL),
    ],
)
def test_urgent_words_make_a_case_urgent(kind: Kind, text: str, title: str | None, expected: Urgency) -> None:
    assert complaint(text, kind=kind, title=title).urgency is expected


def test_what_the_channel_says_about_urgency_stands() -> None:
    assert complaint("停水了", urgency=Urgency.NORMAL).urgency is Urgency.NORMAL


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        ("上竹镇", "路灯不亮", "上竹镇"),
        ("上竹镇新街5号", "路灯不亮", "上竹镇"),
        (None, "城关镇路灯不亮", "城关镇"),
        ("新街5号", "城关镇路灯不亮", "城关镇"),
        ("新街5号", "路灯不亮", "新街5号"),
        ("上竹镇", "城关镇的路灯不亮", "上竹镇"),
        (None, "路灯不亮", None),
        ("  ", "路灯不亮", None),
    ],
)
def test_the_place_is_a_town_where_one_is_named(place: str | None, text: str, expected: str | None) -> None:
    assert complaint(text, place=place).place == expected


def test_the_street_is_not_lost_where_the_place_becomes_a_town() -> None:
    assert complaint("路灯不亮", place="上竹镇新街5号").text == "路灯不亮\n地点：上竹镇新街5号"
    assert complaint("上竹镇新街5号路灯不亮", place="上竹镇新街5号").text == "上竹镇新街5号路灯不亮"
    assert complaint("路灯不亮", place="上竹镇").text == "路灯不亮"


def test_an_unknown_accused_is_refused() -> None:
    with pytest.raises(SubmissionRefused, match="no department code of this county") as refused:
        complaint(accused="no-such-bureau")
    assert refused.value.field == "accused"


def test_a_known_accused_is_kept() -> None:
    assert complaint(accused="water-bureau").accused == "water-bureau"


def test_a_county_without_towns_and_urgent_words_finds_none() -> None:
    bare = County(towns=[], urgent_words=[], departments=[])
    assert bare.town_in("城关镇") is None
    assert not bare.sounds_urgent("停水")


CHANGES: list[dict[str, Any]] = [
    {"text": "路灯不亮了"},
    {"title": "路灯"},
    {"kind": Kind.HELP},
    {"place": "上竹镇"},
    {"accused": "water-bureau"},
    {"occurred_at": datetime.fromisoformat("2026-11-03T09:00:00+08:00")},
    {"confidentiality": Confidentiality.ANONYMOUS},
]


@pytest.mark.parametrize("change", CHANGES)
def test_other_content_has_another_hash(change: dict[str, Any]) -> None:
    assert complaint(**change).content_hash != complaint().content_hash


@pytest.mark.parametrize("change", [{"reporter": REPORTER}, {"external_id": "w-2"}, {"text": " 路灯不亮\r\n"}])
def test_the_same_content_has_the_same_hash(change: dict[str, Any]) -> None:
    assert complaint(**change).content_hash == complaint().content_hash


def test_the_same_instant_written_in_another_zone_is_the_same_content() -> None:
    here = datetime.fromisoformat("2026-11-03T09:00:00+08:00")
    there = datetime.fromisoformat("2026-11-03T01:00:00+00:00")
    assert complaint(occurred_at=here).content_hash == complaint(occurred_at=there).content_hash


def test_a_hash_does_not_depend_on_numbers_that_could_be_guessed_from_it() -> None:
    assert complaint("回电13800000000").content_hash == complaint("回电13900000000").content_hash


@pytest.mark.parametrize("confidentiality", Confidentiality)
def test_what_the_reporter_said_of_themselves_in_the_form_is_not_left_in_the_words(
    confidentiality: Confidentiality,
) -> None:
    reporter = Reporter(name="测试甲", phone="0915-8820001", email="a@mail.example", address="城关镇新街5号301室")
    made = complaint(
        "我叫测试甲，住城关镇新街5号301室，楼上漏水，请打0915-8820001或写信到a@mail.example。",
        title="测试甲家漏水",
        place="城关镇新街5号301室",
        reporter=reporter,
        confidentiality=confidentiality,
    )
    assert made.text.startswith("我叫〔姓名〕，住〔地址〕，楼上漏水，请打〔电话〕或写信到〔邮箱〕。")
    assert (made.title, made.place) == ("〔姓名〕家漏水", "城关镇")
    words = f"{made.title}{made.text}{made.place}"
    assert not any(told in words for told in ("测试甲", "新街5号", "8820001", "a@mail"))


def test_a_town_and_an_urgent_word_in_traditional_characters_are_understood_and_the_text_stays() -> None:
    made = complaint("城關鎮新街燃氣泄漏")
    assert (made.place, made.urgency, made.text) == ("城关镇", Urgency.URGENT, "城關鎮新街燃氣泄漏")


MAPPED = County(
    towns=["城关镇", "上竹镇"],
    urgent_words=[],
    departments=[],
    positions={"城关镇": Coordinates(31.88, 109.53), "上竹镇": Coordinates(31.83, 109.43)},
)


@pytest.mark.parametrize(
    ("text", "place", "town"),
    [
        ("路灯不亮", "北纬31.83500，东经109.43500", "上竹镇"),
        ("路灯不亮，位置31.835,109.435", None, "上竹镇"),
        ("城关镇的路灯不亮", "北纬31.83500，东经109.43500", "城关镇"),
        ("路灯不亮", "北纬34.26000，东经108.94000", "北纬34.26000，东经108.94000"),
    ],
)
def test_coordinates_tell_the_town_where_nothing_names_one(text: str, place: str | None, town: str) -> None:
    made = normalize(MAPPED, channel=Channel.WEB_PORTAL, external_id="w-1", kind=Kind.COMPLAINT, text=text, place=place)
    assert made.place == town


def test_the_language_of_the_text_is_told() -> None:
    assert complaint("The street light is broken.").language is TextLanguage.ENGLISH
    assert complaint().language is TextLanguage.CHINESE

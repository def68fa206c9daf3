from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.intake.channels.qa_platform import Platform, Row, to_complaint
from services.intake.complaint import Reporter
from services.intake.county import County
from services.intake.platforms.importing import read_platform
from services.intake.refusal import SubmissionRefused
from shared.language import Channel, Confidentiality, Kind

COUNTY = County(towns=["城关镇"], urgent_words=["停水"], departments=[])
MAPPING: dict[str, Any] = {
    "name": "wenzheng",
    "columns": {
        "id": "编号",
        "text": "内容",
        "title": "标题",
        "occurred_at": "时间",
        "kind": "类型",
        "confidentiality": "公开",
        "name": "姓名",
        "phone": "电话",
    },
    "kinds": {"投诉": "complaint", "咨询": "consultation"},
    "confidentialities": {"匿名": "anonymous"},
}
PLATFORM = Platform.model_validate(MAPPING)
CELLS = {
    "编号": "WZ-1",
    "内容": "城关镇的路灯不亮，请打13800000000",
    "标题": "路灯",
    "时间": "2026-11-03 09:00:00",
    "类型": "投诉",
    "公开": "",
    "姓名": "测试甲",
    "电话": "13800000000",
    "别的": "不看",
}


def row(**changes: str) -> Row:
    return Row(2, CELLS | changes)


def reason(one: Row) -> str:
    with pytest.raises(SubmissionRefused) as refused:
        to_complaint(one, PLATFORM, COUNTY)
    return str(refused.value)


def test_a_row_becomes_a_complaint() -> None:
    made = to_complaint(row(), PLATFORM, COUNTY)
    assert (made.channel, made.external_id) == (Channel.QA_PLATFORM, "wenzheng:WZ-1")
    assert (made.kind, made.confidentiality) == (Kind.COMPLAINT, Confidentiality.NAMED)
    assert (made.title, made.place) == ("路灯", "城关镇")
    assert made.occurred_at == datetime(2026, 11, 3, 1, 0, tzinfo=UTC)
    assert made.reporter == Reporter(name="测试甲", phone="13800000000")
    assert "138" not in made.text


def test_a_row_shows_nobody() -> None:
    assert "测试甲" not in repr(row())


def test_two_platforms_may_count_in_the_same_way() -> None:
    other = Platform.model_validate(MAPPING | {"name": "other"})
    ids = {to_complaint(row(), platform, COUNTY).external_id for platform in (PLATFORM, other)}
    assert len(ids) == 2


def test_what_is_not_said_is_what_the_mapping_says() -> None:
    made = to_complaint(row(类型="", 时间="", 标题=" "), PLATFORM, COUNTY)
    assert (made.kind, made.occurred_at, made.title) == (Kind.HELP, None, None)


def test_an_anonymous_question_has_no_reporter() -> None:
    assert to_complaint(row(公开="匿名"), PLATFORM, COUNTY).reporter is None


@pytest.mark.parametrize("written", ["2026-11-03T09:00:00", "2026-11-03T01:00:00+00:00", "2026-11-03 09:00:00"])
def test_a_time_without_an_offset_is_chinas(written: str) -> None:
    assert to_complaint(row(时间=written), PLATFORM, COUNTY).occurred_at == datetime(2026, 11, 3, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"编号": " "}, "编号"),
        ({"编号": "a\nb"}, "编号"),
        ({"编号": "9" * 81}, "编号"),
        ({"内容": ""}, "text is empty"),
        ({"内容": "长" * 20_001}, "text must have at most"),
        ({"类型": "闲聊"}, "类型"),
        ({"公开": "随便"}, "公开"),
        ({"时间": "昨天"}, "时间"),
        ({"时间": "0001-01-01 00:00:00"}, "时间"),
    ],
)
def test_a_row_that_cannot_be_read_says_which_column_and_not_what_stands_in_it(
    changes: dict[str, str], said: str
) -> None:
    told = reason(row(**changes))
    assert said in told
    assert not any(value in told for value in changes.values() if value.strip())


def test_a_number_that_the_spreadsheet_has_rounded_is_no_number() -> None:
    assert "文本格式" in reason(Row(2, CELLS, frozenset({"编号"})))


@given(st.dictionaries(st.sampled_from([*CELLS, "?"]), st.text(max_size=60)))
def test_any_row_is_a_complaint_or_is_refused(cells: dict[str, str]) -> None:
    try:
        made = to_complaint(Row(1, cells), PLATFORM, COUNTY)
    except SubmissionRefused:
        return
    assert made.text
    assert made.external_id.startswith("wenzheng:")


def test_no_column_stands_for_two_things() -> None:
    with pytest.raises(ValidationError, match="内容 stands for two things"):
        Platform.model_validate(MAPPING | {"columns": {"id": "编号", "text": "内容", "title": "内容"}})


def test_every_mapping_file_of_the_county_can_be_read() -> None:
    files = list((Path(__file__).parents[3] / "deploy" / "policy" / "zhenping" / "platforms").iterdir())
    assert files
    assert [read_platform(file).name for file in files] == [file.stem for file in files]

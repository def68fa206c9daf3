from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.normalizing.fact_time import time_told
from shared.china_time import CHINA_TIME

# A Tuesday.
RECEIVED = datetime(2026, 11, 24, 14, 30, tzinfo=CHINA_TIME)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("今天上午停水", "2026-11-24 10:00"),
        ("今早路灯就不亮", "2026-11-24 08:00"),
        ("今天早上7点半开始停电", "2026-11-24 07:30"),
        ("昨天下午3点施工", "2026-11-23 15:00"),
        ("昨晚一直放音乐", "2026-11-23 20:00"),
        ("昨晚十点半放音乐", "2026-11-23 22:30"),
        ("昨日中午12点", "2026-11-23 12:00"),
        ("昨天中午1点", "2026-11-23 13:00"),
        ("昨天晚上12点还在施工", "2026-11-23 23:59"),
        ("昨天凌晨2:15施工", "2026-11-23 02:15"),
        ("前天交的申请", "2026-11-22 00:00"),
        ("大前天", "2026-11-21 00:00"),
        ("3天前报修", "2026-11-21 00:00"),
        ("十五日之前报修", "2026-11-09 00:00"),
        ("两小时前停的", "2026-11-24 12:30"),
        ("半个小时前", "2026-11-24 14:00"),
        ("20分钟前打了电话", "2026-11-24 14:10"),
        ("刚才水管爆了", "2026-11-24 14:30"),
        ("上周五去办事", "2026-11-20 00:00"),
        ("上星期天下午", "2026-11-22 15:00"),
        ("上上周一", "2026-11-09 00:00"),
        ("周一上午没人", "2026-11-23 10:00"),
        ("星期三去过", "2026-11-18 00:00"),
        ("本周二", "2026-11-24 00:00"),
        ("3月5日签的合同", "2026-03-05 00:00"),
        ("十一月二十日上午九点", "2026-11-20 09:00"),
        ("12月3号来的", "2025-12-03 00:00"),
        ("2026年3月5日16时20分", "2026-03-05 16:20"),
        ("2026-03-05 09:05报修", "2026-03-05 09:05"),
        ("2026/3/5", "2026-03-05 00:00"),
        ("2026.3.5", "2026-03-05 00:00"),
        ("2026 年 3 月 5 日", "2026-03-05 00:00"),
        ("刚刚停了电", "2026-11-24 14:30"),
        ("昨夜停电", "2026-11-23 22:00"),
        ("今晨八点", "2026-11-24 08:00"),
        ("这周一", "2026-11-23 00:00"),
        ("上个礼拜天", "2026-11-22 00:00"),
        ("上个星期五晚上", "2026-11-20 20:00"),
        ("二十二天以前", "2026-11-02 00:00"),
        ("第2026小时前", "2026-11-23 12:30"),
    ],
)
def test_the_time_of_the_fact_is_read_in_chinese_time(text: str, told: str) -> None:
    assert time_told(text, RECEIVED) == datetime.fromisoformat(told).replace(tzinfo=CHINA_TIME)


@pytest.mark.parametrize(
    "text",
    [
        "路灯不亮",
        "今天下午五点要停水",
        "2026年12月31日前付清",
        "2019年3月5日的合同",
        "2月30日",
        "2026年13月5日",
        "昨天25点",
        "镇政发〔2026〕12号文件",
        "5号楼3单元",
        "每天都这样",
        "周边环境差",
        "以前没有过",
        "版本2.2026.3",
    ],
)
def test_what_is_no_time_in_the_past_two_years_tells_none(text: str) -> None:
    assert time_told(text, RECEIVED) is None


def test_the_first_time_that_can_be_meant_is_taken() -> None:
    told = time_told("合同约定2027年1月1日交房，昨天通知我延期", RECEIVED)
    assert told == datetime(2026, 11, 23, tzinfo=CHINA_TIME)


def test_the_day_is_that_of_china_where_the_receipt_is_told_in_utc() -> None:
    assert time_told("昨晚", datetime(2026, 11, 23, 17, tzinfo=UTC)) == datetime(2026, 11, 23, 20, tzinfo=CHINA_TIME)


DAYS = ["今天", "昨", "前天", "大前天", "上", "周", "五", "星期", "日", "月", "号", "2026", "年", "-", "3", "12"]
HOURS = ["点", "半", "晚上", "凌晨", "下午", ":", "30", "小时", "分钟", "前", "十", "二", "，", "刚才"]
words = st.sampled_from([*DAYS, *HOURS])
instants = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds


@given(st.lists(words, max_size=12).map("".join), instants)
def test_a_told_time_lies_in_the_two_years_before_the_receipt(text: str, received_at: datetime) -> None:
    told = time_told(text, received_at)
    assert told is None or timedelta() <= received_at - told <= timedelta(days=730)


@given(st.text(max_size=60), instants)
def test_no_text_is_an_error(text: str, received_at: datetime) -> None:
    time_told(text, received_at)

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from shared import redaction_rules
from shared.matching import simplified
from shared.redaction import TOKENS, may_tell_of_somebody, redact
from shared.redaction_forms import SIMPLIFIED, TRADITIONAL
from shared.redaction_rules import RULES

PHONES = [
    ("打13812345678没人接", "打〔电话〕没人接"),
    ("电话:138-1234-5678。", "电话:〔电话〕。"),
    ("138 1234 5678", "〔电话〕"),
    ("138.1234.5678", "〔电话〕"),
    ("138—1234—5678", "〔电话〕"),
    ("138 - 1234 - 5678", "〔电话〕"),
    ("1381-234-5678", "〔电话〕"),
    ("138-123-45678", "〔电话〕"),
    ("138 12 345 678", "〔电话〕"),
    ("(138)12345678", "(〔电话〕"),
    ("+8613812345678", "〔电话〕"),
    ("+86 138 1234 5678", "〔电话〕"),
    ("0086-13812345678", "〔电话〕"),
    ("86-138-1234-5678", "〔电话〕"),
    ("１３８１２３４５６７８", "〔电话〕"),
    ("１３８－１２３４－５６７８", "〔电话〕"),
    ("𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖", "〔电话〕"),
    ("一三八一二三四五六七八一直没人接", "〔电话〕一直没人接"),
    ("幺三八 一二三四 五六七八", "〔电话〕"),
    ("138一二三四5678", "〔电话〕"),
    ("1 3 8 1 2 3 4 5 6 7 8", "〔电话〕"),
    ("138\u200b1234\u200b5678", "〔电话〕"),
    ("微信同号13812345678，13912345678", "微信同号〔电话〕，〔电话〕"),
    ("打13812345678一直忙", "打〔电话〕一直忙"),
    ("手机19912345678元旦后打", "手机〔电话〕元旦后打"),
    ("0914-8123456", "〔电话〕"),
    ("（0914）8123456", "〔电话〕"),
    ("0914 812 3456", "〔电话〕"),
    ("09148123456", "〔电话〕"),
    ("010-62345678", "〔电话〕"),
    ("021 6234 5678", "〔电话〕"),
    ("029-8234-5678转802", "〔电话〕"),
    ("029-82345678-802", "〔电话〕"),
    ("+86 914 8123456", "〔电话〕"),
    ("+86-10-62345678", "〔电话〕"),
    ("座机：8123456", "座机：〔电话〕"),
    ("电话是 88123456，", "电话是 〔电话〕，"),
]
NUMBERED = [
    ("身份证610902199001011235请查", "身份证〔证件号〕请查"),
    ("610902 19900101 1235", "〔证件号〕"),
    ("610902-1990-0101-1235", "〔证件号〕"),
    ("６１０９０２１９９００１０１１２３５", "〔证件号〕"),
    ("11010519491231002X", "〔证件号〕"),
    ("11010519491231002x", "〔证件号〕"),
    ("身份证号码：610902199001011238", "身份证号码：〔证件号〕"),
    ("610902900101123", "〔证件号〕"),
    ("卡号6222020200112233440", "卡号〔银行卡〕"),
    ("4111 1111 1111 1111", "〔银行卡〕"),
    ("4111-1111-1111-1111", "〔银行卡〕"),
    ("转到 6222020200112233446 被扣款", "转到 〔银行卡〕 被扣款"),
    ("陕G12345", "〔车牌〕"),
    ("陕G·12345违停", "〔车牌〕违停"),
    ("陕G-A1234", "〔车牌〕"),
    ("陕 g 12345", "〔车牌〕"),
    ("陕ＧＤ１２３４５", "〔车牌〕"),
    ("陕GD12345", "〔车牌〕"),
    ("陕G12345F的货车", "〔车牌〕的货车"),
    ("陕G1234挂", "〔车牌〕"),
    ("邮箱 zhang.san_1@example.com.cn", "邮箱 〔邮箱〕"),
    ("a@qq.com回复", "〔邮箱〕回复"),
    ("13812345678@139.com", "〔邮箱〕"),
    ("ａ１＠ｑｑ.com", "〔邮箱〕"),
]
LEFT_ALONE = [
    "拨打12345、110、119、120、122都说不归他们管",
    "服务热线400-810-1234，96777，95598",
    "12345热线工单20261124-000123-4一直没有回复",
    "2026年11月24日、2026-11-24、2026.11.24、20261124",
    "从2026-09-30 08:30到2026-10-08 18:00停水",
    "花了180 2026-11-24买的",
    "退款1,380,000.00元，另欠15000元",
    "均价13500-14800元/平方米",
    "工程款13800000元",
    "乘1路、2路、302路公交车到5号楼3单元1802室",
    "订单号202611241234567890123456没有发货",
    "订单20261124123456789012",
    "快递单号SF1381234567",
    "统一社会信用代码916109020000000000",
    "二〇二六年十一月二十四日",
    "一二三四五，上山打老虎",
    "一百三十八户、一千二百三十四人",
    "G5京昆高速、S207省道、陕A级景区",
    "第138页第1234条",
    "邮编725600，面积1234.56平方米",
    "IP 192.168.100.200",
    "身高180，体重150，血压120/80",
    "经度109.526954，纬度31.883672",
    "电表读数 3800 4200 5100 601",
    "我@了他，没有回音",
    "文号镇政发〔2026〕138号",
    "川B座1205室",
    "电话打了20次",
    "成绩61.2524.5097.0658.2482.74，未录取",
]


@pytest.mark.parametrize(("written", "expected"), PHONES + NUMBERED)
def test_a_personal_number_is_replaced_and_the_words_around_it_stay(written: str, expected: str) -> None:
    assert redact(written) == expected


@pytest.mark.parametrize("written", LEFT_ALONE)
def test_what_is_no_personal_number_stays(written: str) -> None:
    assert redact(written) == written


def test_a_number_with_a_wrong_check_digit_stays_where_nothing_calls_it_an_identity() -> None:
    assert redact("流水610902199001011238") == "流水610902199001011238"


def test_our_own_token_does_not_name_the_number_behind_it() -> None:
    assert redact("610902199001011235，流水610902199001011238") == "〔证件号〕，流水610902199001011238"


def test_a_number_hidden_by_its_neighbour_is_found_too() -> None:
    assert redact("13812345678-0914-8123456") == "〔电话〕-〔电话〕"


fragments = st.one_of(
    st.sampled_from([written for written, _ in PHONES + NUMBERED] + LEFT_ALONE + list(TOKENS.values())),
    st.text(alphabet="0123456789一三八〇-— .·@aXG陕()０１+\n：电话号", max_size=24),
    st.text(max_size=12),
)
texts = st.lists(fragments, max_size=6).map("".join)


@given(texts)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@given(texts)
def test_a_redacted_text_is_never_longer(text: str) -> None:
    assert len(redact(text)) <= len(text)


@given(st.lists(texts, min_size=1, max_size=3))
def test_what_is_looked_at_together_hides_nothing_of_a_part(parts: list[str]) -> None:
    assert may_tell_of_somebody("\0".join(parts)) or all(redact(part) == part for part in parts)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "-", " ", "—", "－"]))
def test_no_mobile_number_survives_whatever_separates_its_groups(number: str, separator: str) -> None:
    written = f"联系{number[:3]}{separator}{number[3:7]}{separator}{number[7:]}谢谢"
    assert redact(written) == "联系〔电话〕谢谢"


@given(
    st.sampled_from(["110105", "610902", "500101"]),
    st.dates(min_value=date(1930, 1, 1), max_value=date(2026, 1, 1)),
    st.integers(0, 999),
)
def test_no_valid_identity_number_survives(area: str, born: date, order: int) -> None:
    body = f"{area}{born:%Y%m%d}{order:03d}"
    assert redact(f"我是{body}{ric.calc_check_digit(body + '0')}。") == "我是〔证件号〕。"


@given(st.from_regex(r"62[0-9]{13,16}", fullmatch=True))
def test_no_valid_union_pay_card_survives(body: str) -> None:
    assert redact(f"卡{body}{luhn.calc_check_digit(body)}。") in ("卡〔银行卡〕。", "卡〔证件号〕。")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("陝A12345", "〔车牌〕"),
        ("粵B12345，滬A12345", "〔车牌〕，〔车牌〕"),
        ("電話 8123456", "電話 〔电话〕"),
        ("護照E12345678", "護照〔护照〕"),
        ("微信號 zhangsan88", "微信號 〔账号〕"),
        ("身分證612301198001011235", "身分證〔证件号〕"),
        ("手機壹叄捌壹貳叄肆伍陸柒捌", "手機〔电话〕"),
    ],
)
def test_traditional_characters_hide_nothing_and_stay_as_they_were_written(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_every_character_of_the_rules_is_known_in_its_traditional_forms() -> None:
    patterns = [pattern.pattern for trigger, rules in RULES for pattern in (trigger, *(rule[1] for rule in rules))]
    patterns += [names.pattern for names in vars(redaction_rules).values() if isinstance(names, re.Pattern)]
    in_use = set("".join(patterns)) - set(TRADITIONAL)
    forms = {chr(code) for code in range(0x4E00, 0xA000) if simplified(chr(code)) != chr(code)}
    assert {form for form in forms if simplified(form) in in_use} == set(TRADITIONAL)
    assert "".join(map(simplified, TRADITIONAL)) == SIMPLIFIED

"""Boilerplate: the same reply to complaints that have nothing to do with each other."""

from uuid import UUID

from services.tracker.inaction.detectors.boilerplate import boilerplate
from services.tracker.inaction.detectors.texts import likeness, plain, same_words
from shared.language import InactionKind
from tests.unit.tracker.inaction.detectors.cases import case, period

UNLIKE = (
    "柳溪镇农贸市场门口的路灯坏了半个月，晚上老人买菜看不见路。",
    "楼下烧烤店每天营业到凌晨两点，油烟和噪音让孩子没法睡觉。",
    "我们村自来水发黄有异味，烧开以后还有沉淀物，不敢喝。",
    "中学旁边的公交站台被货车撞倒，候车的学生只能站在车道上。",
)
EMPTY = "您好，您反映的问题我局已收悉，经{}核实，已安排工作人员跟进处理，感谢您的关注与支持。"
OWN = (
    "农贸市场门口三盏路灯的电缆已更换，当晚已恢复照明。",
    "已责令该烧烤店安装油烟净化器，二十二时后停止营业。",
    "水管已冲洗，水质检测合格，检测报告张贴在村委会。",
    "公交站台已重新安装，并在路边加设了防撞墩。",
)


def test_the_same_reply_to_unlike_complaints_is_found_once_with_both_likenesses_in_the_evidence() -> None:
    replies = (EMPTY.format(day) for day in ("10月3日", "10月9日", "十月十一日", "11月2日"))
    cases = [case(at, text=text, reply=reply) for at, (text, reply) in enumerate(zip(UNLIKE, replies, strict=True))]
    [found] = boilerplate(period(cases))
    assert found.suspicion.kind is InactionKind.BOILERPLATE
    assert "对4件内容不同的诉求" in found.suspicion.evidence
    assert "答复相似度不低于100%（界限90%）" in found.suspicion.evidence
    assert found.case == cases[-1]


def test_a_reply_in_which_some_words_were_exchanged_is_still_the_same() -> None:
    replies = (EMPTY, EMPTY.replace("感谢您的关注与支持", "谢谢您的关注和支持"), EMPTY.replace("跟进", "及时跟进"))
    cases = [case(at, text=UNLIKE[at], reply=reply) for at, reply in enumerate(replies)]
    assert len(boilerplate(period(cases))) == 1


def test_a_further_complaint_with_the_same_reply_does_not_change_the_name_of_the_suspicion() -> None:
    cases = [case(at, text=text, reply=EMPTY) for at, text in enumerate(UNLIKE)]
    [three], [four] = boilerplate(period(cases[:3])), boilerplate(period(cases))
    assert three.cause == four.cause


def test_replies_of_their_own_are_no_boilerplate() -> None:
    cases = [case(at, text=text, reply=reply) for at, (text, reply) in enumerate(zip(UNLIKE, OWN, strict=True))]
    assert boilerplate(period(cases)) == []


def test_the_same_reply_to_many_who_complain_of_the_same_is_none() -> None:
    same = [f"第{at}小区从昨天晚上开始停水，{more}什么时候恢复？" for at, more in enumerate(("请问", "麻烦问", "想问"))]
    cases = [case(at, text=text, reply="管网抢修已完成，现已恢复供水。") for at, text in enumerate(same)]
    assert boilerplate(period(cases)) == []


def test_one_answer_to_all_who_tell_of_one_incident_is_none_though_they_tell_it_unlike() -> None:
    incident = UUID(int=7)
    cases = [case(at, text=text, reply=EMPTY, incident_id=incident) for at, text in enumerate(UNLIKE)]
    assert boilerplate(period(cases)) == []
    others = [case(at, text=text, reply=EMPTY, incident_id=UUID(int=at)) for at, text in enumerate(UNLIKE)]
    assert len(boilerplate(period(others))) == 1


def test_a_template_for_one_matter_is_none_however_differently_people_put_it() -> None:
    cases = [case(at, text=text, reply=EMPTY, matter="water-outage") for at, text in enumerate(UNLIKE)]
    assert boilerplate(period(cases)) == []


def test_two_the_same_and_no_reply_at_all_are_none() -> None:
    cases = [case(at, text=text, reply=EMPTY if at < 2 else None) for at, text in enumerate(UNLIKE)]
    assert boilerplate(period(cases)) == []


def test_numbers_dates_and_punctuation_make_no_difference() -> None:
    assert plain("已于10月3日（星期六）处理！") == plain("已于２０２６年十月九日，星期六处理")
    assert same_words("已于3月5日处理。", "已于4月16日处理") == 1
    assert likeness("", "") == 1
    assert likeness("路灯坏了", "自来水发黄") == 0


def test_a_few_short_answers_among_very_many_are_none() -> None:
    same = [case(at, text=text, reply=EMPTY) for at, text in enumerate(UNLIKE[:3])]
    own = {at: "".join(chr(0x4E00 + at * 7 + n) for n in range(12)) for at in range(10, 900)}
    others = [case(at, text=f"第{at}件", reply=reply) for at, reply in own.items()]
    assert len(boilerplate(period([*same, *others[:20]]))) == 1
    assert boilerplate(period([*same, *others])) == []

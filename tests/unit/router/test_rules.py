from typing import Any

from services.router.decide import Matcher, decide
from services.router.decision import Decision
from services.router.runners_up import RunnerUp
from shared.language import DecisionSource
from shared.policy import Matter, Rule
from tests.unit.router.county import received, with_changes, zhenping


def matter(code: str, department: str, *keywords: str, hints: tuple[str, ...] = ()) -> Matter:
    return Matter(code=code, name=f"事项{code}", department=department, keywords=keywords, hints=hints)


def rule(code: str, department: str, **when: Any) -> Rule:
    return Rule.model_validate({"code": code, "department": department, "why": f"按{code}规则办理。", "when": when})


def county(*matters: Matter, rules: tuple[Rule, ...] = ()) -> Matcher:
    return with_changes(matters={m.code: m for m in matters}, rules=rules, out_of_scope=())


def placed(matcher: Matcher, text: str, **fields: Any) -> Decision:
    return decide(received(text, **fields), matcher)


def test_the_matter_whose_keyword_stands_in_the_text_names_the_department() -> None:
    decision = placed(county(matter("lamps", "urban-management", "路灯不亮")), "巷口路灯不亮一个月了")
    assert (decision.department, decision.matter) == ("urban-management", "lamps")


def test_a_longer_keyword_outweighs_a_shorter_one() -> None:
    matcher = county(matter("a", "transport", "噪音"), matter("b", "health", "工厂噪音超标"))
    assert placed(matcher, "噪音大，工厂噪音超标").department == "health"


def test_a_keyword_inside_a_longer_one_does_not_count() -> None:
    matcher = county(matter("a", "transport", "停车"), matter("b", "market-regulation", "停车费"))
    decision = placed(matcher, "停车费太贵")
    assert (decision.department, decision.runners_up) == ("market-regulation", ())


def test_a_keyword_shared_by_two_departments_weighs_half() -> None:
    matcher = county(matter("a", "transport", "路面", "噪音扰民"), matter("b", "health", "噪音扰民"))
    assert placed(matcher, "噪音扰民").department == "triage-desk"
    assert placed(matcher, "噪音扰民，路面也坏了").runners_up == (RunnerUp("health", points=1.5, words=1),)


def test_a_keyword_in_the_title_counts_twice() -> None:
    matcher = county(matter("a", "transport", "公交车"), matter("b", "health", "卫生院"))
    assert placed(matcher, "卫生院门前坐公交车").department == "transport"
    assert placed(matcher, "公交车上听说", title="卫生院收费").department == "health"


def test_a_keyword_counts_once_however_often_it_stands_there() -> None:
    matcher = county(matter("a", "transport", "公交车"), matter("b", "health", "卫生院"))
    assert placed(matcher, "公交车公交车公交车，卫生院").department == "triage-desk"


def test_a_hint_alone_does_not_decide() -> None:
    assert placed(county(matter("a", "health", "病历", hints=("医院",))), "医院").department == "triage-desk"


def test_a_place_that_is_only_a_landmark_hardly_counts() -> None:
    matcher = county(matter("a", "education-sports", "实验小学"), matter("b", "urban-management", "占道经营"))
    assert placed(matcher, "实验小学门口有人占道经营").runners_up == (
        RunnerUp("education-sports", points=0.75, words=1),
    )


def test_too_small_a_lead_goes_to_the_triage_desk_with_both_named() -> None:
    matcher = county(matter("a", "transport", "班车"), matter("b", "health", "诊所"))
    decision = placed(matcher, "班车撞了诊所")
    assert decision.source is DecisionSource.TRIAGE
    assert "交通运输局（“班车”）" in decision.reason
    assert "卫生健康局（“诊所”）" in decision.reason
    assert {one.department: one.points for one in decision.runners_up} == {"health": 1.0, "transport": 1.0}


def test_whom_the_reporter_asks_counts_more_than_whom_he_mentions() -> None:
    matcher = county(matter("a", "transport", "班车"))
    assert placed(matcher, "请交警来处理").department == "traffic-police"
    assert placed(matcher, "班车被交警拦下").department == "triage-desk"


def test_praise_goes_to_whom_it_thanks() -> None:
    matcher = county(matter("a", "market-regulation", "电动车"))
    assert placed(matcher, "感谢交警帮我找回电动车", kind="praise").department == "traffic-police"


def test_the_first_rule_that_holds_decides() -> None:
    matcher = county(
        rules=(rule("first", "health", words=["狂犬"]), rule("second", "agriculture-rural", words=["狂犬", "家犬"])),
    )
    assert placed(matcher, "家犬得了狂犬病").rule == "first"
    assert placed(matcher, "家犬丢了").rule == "second"


def test_a_rule_outranks_the_keywords() -> None:
    matcher = county(matter("a", "transport", "公交车站台"), rules=(rule("stops", "urban-management", words=["站台"]),))
    assert placed(matcher, "公交车站台塌了").department == "urban-management"


def test_a_rule_needs_a_word_of_each_list_and_none_of_the_excluded() -> None:
    matcher = county(rules=(rule("r", "health", words=["医院", "诊所"], and_words=["收费"], without_words=["停车"]),))
    assert placed(matcher, "诊所收费高").rule == "r"
    assert placed(matcher, "诊所关门").rule is None
    assert placed(matcher, "医院停车收费高").rule is None


def test_a_rule_for_places_looks_at_the_place_and_without_one_at_the_text() -> None:
    matcher = county(rules=(rule("r", "water-resources", words=["停水"], places=["曾家镇"]),))
    assert placed(matcher, "停水", place="曾家镇向阳村").rule == "r"
    assert placed(matcher, "曾家镇停水").rule == "r"
    assert placed(matcher, "曾家镇的亲戚说停水", place="城关镇").rule is None


def test_a_rule_for_a_channel_or_a_kind_holds_only_there() -> None:
    matcher = county(
        rules=(
            rule("mail", "justice", words=["来信"], channels=["mailbox"]),
            rule("asks", "tax", words=["来信"], kinds=["consultation"]),
        ),
    )
    assert placed(matcher, "来信", channel="mailbox").rule == "mail"
    assert placed(matcher, "来信", kind="consultation").rule == "asks"
    assert placed(matcher, "来信").rule is None


def test_a_rule_for_a_matter_holds_when_the_keywords_speak_for_it_most() -> None:
    matcher = county(
        matter("noise", "public-security", "广场舞"),
        matter("fumes", "urban-management", "烧烤油烟"),
        rules=(rule("r", "culture-tourism", matters=["noise"]),),
    )
    assert placed(matcher, "广场舞太吵").rule == "r"
    assert placed(matcher, "烧烤油烟，还有广场舞").rule is None


def test_a_rule_whose_department_gave_the_complaint_back_is_passed_over() -> None:
    matcher = county(rules=(rule("one", "health", words=["狂犬"]), rule("two", "agriculture-rural", words=["狂犬"])))
    assert decide(received("狂犬"), matcher, frozenset({"health"})).rule == "two"


def test_the_reason_of_a_rule_quotes_the_words_and_the_rules_own_explanation() -> None:
    matcher = county(rules=(rule("r", "health", words=["狂犬"]),))
    assert placed(matcher, "狂犬病").reason == "提到“狂犬”，按r规则办理，转卫生健康局。"


def test_a_joint_matter_goes_to_its_lead_who_is_helped_and_says_so() -> None:
    joint = rule("livestock", "ecology-environment", words=("养猪场",)).model_copy(
        update={"co_handlers": ("agriculture-rural", "health")}
    )
    decision = placed(county(rules=(joint,)), "养猪场的味道太大")
    assert (decision.department, decision.co_handlers) == ("ecology-environment", ("agriculture-rural", "health"))
    assert decision.reason.endswith("转生态环境局镇坪分局主办，农业农村局、卫生健康局协办。")


def test_a_department_that_gave_it_back_does_not_help_either() -> None:
    joint = rule("livestock", "ecology-environment", words=("养猪场",)).model_copy(
        update={"co_handlers": ("agriculture-rural", "health")}
    )
    decision = decide(received("养猪场的味道太大"), county(rules=(joint,)), frozenset({"health"}))
    assert decision.co_handlers == ("agriculture-rural",)


def test_the_county_has_joint_matters() -> None:
    decision = decide(received("新城楼盘工地的包工头拖欠工资，十几个人讨薪三个月"), zhenping())
    assert (decision.department, decision.co_handlers) == ("human-resources", ("housing-construction",))

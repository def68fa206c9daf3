import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.router.decide import decide
from shared.events import ComplaintReceived
from shared.language import Channel, DecisionSource, Kind
from shared.matching import comparable
from tests.unit.router.county import received, with_changes, zhenping

POLICY = zhenping().policy
OFFICE, DESK = POLICY.supervision_office, POLICY.triage_desk
DEPARTMENTS = sorted(POLICY.departments)

# One everyday sentence for each department, as people write.
EVERYDAY = [
    ("超市卖过期食品，要求查处", "market-regulation"),
    ("河街口天天有人占道经营，轮椅都过不去", "urban-management"),
    ("电动车被偷了，想查天网监控", "public-security"),
    ("县城正街天天有车违停，堵得走不动", "traffic-police"),
    ("出租车不打表，张口就要三十", "transport"),
    ("石料厂粉尘污染，晾的衣服一层灰", "ecology-environment"),
    ("包工头拖欠工资半年不给", "human-resources"),
    ("有人占用耕地建房，没有手续", "natural-resources"),
    ("小区物业费涨了，业主委员会不同意", "housing-construction"),
    ("有人夜里在河道采砂", "water-resources"),
    ("买的假种子不出苗", "agriculture-rural"),
    ("有人在后山乱砍滥伐", "forestry"),
    ("县医院住院检查费太高", "health"),
    ("矿上没有安全员，工人不戴安全帽", "emergency-management"),
    ("网吧接纳未成年人上网", "culture-tourism"),
    ("老师有偿补课", "education-sports"),
    ("申请低保要什么条件", "civil-affairs"),
    ("异地就医备案怎么办，报销比例多少", "medical-insurance"),
    ("想申请法律援助", "justice"),
    ("惠农一卡通补贴没到账", "finance"),
    ("小区合表电价由谁定价", "development-reform"),
    ("家电以旧换新补贴怎么领", "economy-commerce"),
    ("饭店不开发票", "tax"),
    ("电动车上楼充电，楼道飞线", "fire-rescue"),
    ("退役军人优待证怎么补办", "veterans-affairs"),
    ("想周末去办理营业执照变更，有没有一次性告知单", "government-services"),
    ("全村停电两天了，电压也低", "power-supply"),
    ("小区停水，水管爆裂", "water-supply"),
]


@pytest.mark.parametrize(("text", "department"), EVERYDAY)
def test_everyday_complaints_reach_the_department_in_charge(text: str, department: str) -> None:
    decision = decide(received(text), zhenping())
    assert decision.department == department, decision.reason
    assert decision.source is DecisionSource.RULE


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("工地半夜施工打桩，吵得睡不着", "urban-management"),
        ("楼上邻居装修，电钻声扰民", "public-security"),
        ("木材加工厂机器轰鸣，噪音扰民", "ecology-environment"),
        ("工地拖欠农民工工资", "human-resources"),
        ("小车停在消防通道上", "fire-rescue"),
        ("小轿车停在人行道上，盲道停满了车，天天乱停", "urban-management"),
        ("幼儿园乱收费，要交资料费", "education-sports"),
        ("舞蹈班关门跑路，学费不退", "education-sports"),
        ("养猪场臭气熏天，粪水横流", "ecology-environment"),
        ("我们村停水半个月，蓄水池干了", "water-resources"),
        ("医院挂床住院骗保", "medical-insurance"),
    ],
)
def test_the_county_decides_what_two_departments_could_claim(text: str, department: str) -> None:
    decision = decide(received(text), zhenping())
    assert decision.department == department, decision.reason
    assert decision.rule is not None


def test_an_accusation_goes_to_the_supervision_office_and_says_so_in_one_sentence() -> None:
    decision = decide(received("昨天城管打人"), zhenping())
    assert (decision.department, decision.accused) == (OFFICE, "urban-management")
    assert decision.reason == (
        "反映“城管打人”，涉及城市管理综合执法局的不作为或乱作为，按回避规则转县政府督查室，不交被反映单位。"
    )


def test_an_accusation_of_two_names_both_in_the_reason() -> None:
    decision = decide(received("城管和交警都不管"), zhenping())
    assert decision.accused == "urban-management"
    assert "城市管理综合执法局（同时涉及交警大队）" in decision.reason


def test_the_department_named_on_the_form_is_avoided_whatever_the_text_says() -> None:
    decision = decide(received("请市场监管局看看这家超市的过期食品", accused="market-regulation"), zhenping())
    assert (decision.department, decision.accused) == (OFFICE, "market-regulation")
    assert "诉求人指明被反映单位为市场监督管理局" in decision.reason


def test_a_department_that_the_policy_does_not_know_is_avoided_all_the_same() -> None:
    assert decide(received("路灯不亮", accused="dissolved-office"), zhenping()).department == OFFICE


def test_an_accusation_of_the_supervision_office_goes_to_the_triage_desk() -> None:
    decision = decide(received("督查室收了材料就石沉大海"), zhenping())
    assert (decision.department, decision.accused) == (DESK, OFFICE)


def test_an_accusation_of_the_triage_desk_goes_to_the_supervision_office() -> None:
    decision = decide(received("12345话务员态度恶劣"), zhenping())
    assert (decision.department, decision.accused) == (OFFICE, DESK)


@pytest.mark.parametrize("text", ["你们单位的人吃拿卡要", "窗口人员态度恶劣", "城管打人"])
def test_a_department_never_gets_a_complaint_about_itself_from_its_own_line(text: str) -> None:
    complaint = received(text, channel="department_line", received_by="urban-management")
    assert decide(complaint, zhenping()).department == OFFICE


def test_a_department_gets_what_came_in_on_its_line_and_is_its_matter() -> None:
    complaint = received("河街口有人占道经营", channel="department_line", received_by="urban-management")
    assert decide(complaint, zhenping()).department == "urban-management"


def test_a_village_official_is_no_department_and_goes_to_the_supervision_office() -> None:
    decision = decide(received("村主任在危房改造中优亲厚友"), zhenping())
    assert (decision.department, decision.accused) == (OFFICE, None)
    assert "涉及村主任的不作为或乱作为" in decision.reason


def test_a_department_that_gave_it_back_does_not_get_it_again() -> None:
    first = decide(received("野猪拱了玉米"), zhenping())
    again = decide(received("野猪拱了玉米"), zhenping(), frozenset({first.department}))
    assert first.department == "forestry"
    assert again.department != "forestry"


def test_an_accusation_that_the_supervision_office_gave_back_goes_to_the_triage_desk() -> None:
    assert decide(received("城管打人"), zhenping(), frozenset({OFFICE})).department == DESK


def test_an_accusation_of_both_neutral_offices_still_has_a_department() -> None:
    assert decide(received("督查室不作为，12345话务员态度恶劣"), zhenping()).department == DESK


def test_what_the_triage_desk_gave_back_goes_to_the_supervision_office() -> None:
    assert decide(received("在吗"), zhenping(), frozenset({DESK})).department == OFFICE


def test_a_text_that_says_nothing_goes_to_the_triage_desk() -> None:
    decision = decide(received("在吗"), zhenping())
    assert (decision.department, decision.source) == (DESK, DecisionSource.TRIAGE)
    assert decision.reason == "没有规则或事项足以确定承办单位，转县12345热线分派台由人工分派。"


def test_every_decision_names_the_policy_that_it_followed() -> None:
    other = with_changes(hash="0" * 64)
    assert decide(received("在吗"), other).policy_hash == "0" * 64


def test_a_decision_keeps_what_decided_in_a_form_that_can_be_stored() -> None:
    decision = decide(received("河街口有人占道经营"), zhenping())
    assert json.loads(json.dumps(decision.as_json(), ensure_ascii=False)) == {
        "department": "urban-management",
        "source": "rule",
        "rule": None,
        "matter": "street-vending",
        "accused": None,
        "reason": (
            "提到“占道经营”，属于“占道经营”事项（依据《城市市容和环境卫生管理条例》第十四条），"
            "按权责清单转城市管理综合执法局。"
        ),
        "lawful_channel": None,
        "co_handlers": [],
        "words": [{"step": "rule", "word": "占道经营", "speaks_for": "street-vending"}],
        "runners_up": [],
        "legal_basis": ["《城市市容和环境卫生管理条例》第十四条（街道两侧和公共场地）"],
        "held_for": None,
        "policy_hash": POLICY.hash,
        "model_hash": None,
    }


def test_the_law_is_named_once_in_the_sentence_and_whole_in_the_evidence() -> None:
    by_keyword = decide(received("河街口有人占道经营"), zhenping())
    assert "（依据《城市市容和环境卫生管理条例》第十四条）" in by_keyword.reason
    by_rule = decide(received("工地夜间打桩，噪声扰民"), zhenping())
    assert by_rule.legal_basis == POLICY.matters["construction-noise"].legal_basis
    assert by_rule.reason.count("《") == 1
    names_its_own = decide(received("包工头拖欠工资"), zhenping())
    assert names_its_own.reason.count("《") == 1


WORDS = sorted(
    {
        *(name for d in POLICY.departments.values() for name in (d.name, *d.short_names, *d.titles)),
        *(word for m in POLICY.matters.values() for word in (*m.keywords, *m.hints)),
        *POLICY.accusations.inaction,
        *POLICY.accusations.attitude,
        *POLICY.accusations.misconduct,
        *POLICY.accusations.others,
        *POLICY.accusations.appeals,
        *POLICY.accusations.implied,
        *(word for entry in POLICY.out_of_scope for word in (*entry.words, *entry.unless_words)),
    },
)
GLUE = [
    "，",
    "。",
    "请",
    "向",
    "反映",
    "被",
    "的",
    "多次",
    "不要再",
    "感谢",
    "对面",
    "如果",
    "和",
    "该局",
    "你们单位",
    "１２",
]

texts = st.lists(st.sampled_from(WORDS) | st.sampled_from(GLUE) | st.text(max_size=6), min_size=1, max_size=14).map(
    "".join
)
complaints = st.builds(
    received,
    texts,
    title=st.none() | texts,
    kind=st.sampled_from(Kind),
    channel=st.sampled_from(Channel),
    place=st.none() | st.sampled_from(POLICY.towns),
    accused=st.none() | st.sampled_from([*DEPARTMENTS, "dissolved-office"]),
    received_by=st.none() | st.sampled_from(DEPARTMENTS),
)


@given(complaints, st.frozensets(st.sampled_from(DEPARTMENTS)))
def test_every_complaint_has_a_department_that_is_neither_accused_nor_tried(
    complaint: ComplaintReceived, tried: frozenset[str]
) -> None:
    decision = decide(complaint, zhenping(), tried)
    assert decision.department in POLICY.departments
    assert decision.department != decision.accused
    assert decision.department not in tried or {OFFICE, DESK} <= tried.union(decision.implicated)
    assert not tried.intersection(decision.co_handlers)
    assert complaint.accused is None or decision.accused == complaint.accused


@given(complaints)
def test_the_same_complaint_is_always_decided_alike(complaint: ComplaintReceived) -> None:
    assert decide(complaint, zhenping()) == decide(complaint, zhenping())


@given(complaints)
def test_the_evidence_stands_in_the_complaint(complaint: ComplaintReceived) -> None:
    said = comparable(f"{complaint.title or ''}\n{complaint.text}")
    for evidence in decide(complaint, zhenping()).evidence:
        assert evidence.word in said or evidence.word == complaint.accused

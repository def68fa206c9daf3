"""Who is accused, sentence by sentence; every sentence has a form of its own."""

import pytest

from services.router.accusations.conflict import Accusation
from shared.language import Kind
from tests.unit.router.county import zhenping

URBAN = "urban-management"
POLICE = "public-security"
TRAFFIC = "traffic-police"
MARKET = "market-regulation"

# A department's name, alias or officer, and a word of accusation that belongs to it.
ACCUSED = [
    ("城管打人", URBAN),
    ("我要投诉督查室", "supervision-office"),
    ("水利局领导收礼", "water-resources"),
    ("交警乱贴罚单", TRAFFIC),
    ("去人社局办社保，工作人员一上午都在玩手机", "human-resources"),
    ("民政局的低保名额优亲厚友", "civil-affairs"),
    ("城管局不作为", URBAN),
    ("城管队员在执法过程中推搡老人", URBAN),
    ("被城管殴打致伤，要求赔偿", URBAN),
    ("不作为的城管局该整顿了", URBAN),
    ("乱收费的是交警，不是停车场", TRAFFIC),
    ("民警收红包才给办事", POLICE),
    ("派出所多次报案都不立案", POLICE),
    ("打110报警两个小时，一直没人来", POLICE),
    ("隔壁打架闹到半夜，报警后没人来过", POLICE),
    ("对方持刀威胁，派出所拒不出警", POLICE),
    ("打了三次电话给城管局，每次都没人处理", URBAN),
    ("向市场监管局反映多次没人管", MARKET),
    ("向市场监管局举报过期食品，至今没有答复", MARKET),
    ("多次向环保局投诉无果", "ecology-environment"),
    ("到人社局反映欠薪，工作人员互相推诿", "human-resources"),
    ("去政务大厅办事，窗口人员态度恶劣", "government-services"),
    ("交警对司机态度恶劣，张口就骂", TRAFFIC),
    ("城管把老板打伤了", URBAN),
    ("城管向商户索要好处", URBAN),
    ("教育局不管学校乱收费", "education-sports"),
    ("派出所包庇打人的邻居", POLICE),
    ("城管来了，看了一眼就走，根本不管", URBAN),
    ("城管队员来到店里，二话不说就动手打人", URBAN),
    ("城管局是不是不作为", URBAN),
    ("请问城管局为什么不管", URBAN),
    ("希望城管不作为的问题得到解决", URBAN),
    ("要求严肃查处派出所不作为", POLICE),
    ("请领导管管城管粗暴执法的事", URBAN),
    ("希望交警不要再乱罚款", TRAFFIC),
    ("如果城管局再不处理，我就找媒体", URBAN),
    ("投诉县交警大队，请核实", TRAFFIC),
    ("我要举报国土所所长，请为我保密", "natural-resources"),
    ("物业不管，城管也不管", URBAN),
    ("民警和开发商勾结", POLICE),
    ("商贩占道，城管睁一只眼闭一只眼", URBAN),
    ("城管接到商户举报后通风报信", URBAN),
    ("林业站明知有人盗伐不管", "forestry"),
    ("低保的事问民政所，拖着不办", "civil-affairs"),
    ("交通局踢皮球，说路不归他们管", "transport"),
    ("水利局对采砂坐视不管", "water-resources"),
    ("这路坑了一年，交通局是摆设吗", "transport"),
    ("供电所电话打不通，一晚上没人接电话", "power-supply"),
    ("自来水公司每次说派人，该公司却没来过", "water-supply"),
    ("我去过税务局。该局推诿，让我自己想办法", "tax"),
    ("城 管 局 ＮＯ.1 大队，城管队员吃拿卡要", URBAN),
    ("住建局验收走过场，请督查", "housing-construction"),
    ("运管所罚我两百，请县督查室查一查", "transport"),
    ("督查室收了材料就石沉大海", "supervision-office"),
    ("感谢您接听，城管打人没人敢说", URBAN),
    ("感谢城管以前的努力但城管现在不作为", URBAN),
    ("12345推来推去，从来不解决", "triage-desk"),
]

# A department is named, or a word of accusation is there, and yet nobody's department is accused.
NOT_ACCUSED = [
    "请城管局来处理",
    "希望交警部门尽快管管乱停车",
    "向市场监管局反映商家乱收费",
    "请城管查处乱收费的停车场",
    "请公安局严惩打人者",
    "让城管局来管管占道，没人管太久了",
    "这里没人管，请交警来疏导",
    "多次反映无果，请城管局尽快处理",
    "要求教育局查处学校乱收费",
    "城管来了以后商贩不听",
    "城管来了，商贩还是打人",
    "交警来了，司机还是态度恶劣",
    "我向市场监管局反映过该店，老板态度恶劣",
    "感谢城管队员，没有推诿，当天就清理了",
    "表扬交警面对司机辱骂仍然耐心疏导",
    "城管没有打人，是商贩先动手的",
    "民警从不推诿，值得学习",
    "派出所对面的饭店老板打人",
    "交警大队家属院物业不管",
    "城管局门口的停车场乱收费",
    "城管局不管什么时候都很负责",
    "请问噪音扰民归城管局管不管",
    "商贩殴打城管队员",
    "小区物业态度恶劣，乱收费",
    "医院医生态度恶劣，收红包",
    "老师打人，学校包庇",
    "法院不立案",
    "公安局正在调查打人一事",
    "城管已经查处了乱收费",
    "向住建局反映小区漏水没人管",
    "建议交警加强管理，严查司机打人",
    "如果城管局不处理，垃圾会越堆越多",
    "冒充民警的骗子索要钱财",
    "申请低保要去哪里",
    "护林员工资什么时候发",
    "停水了没人管",
    "希望城管解决油烟扰民没人管的问题",
    "派出所说是消费纠纷，让找市场监管局",
]


def accusations(text: str, kind: Kind = Kind.COMPLAINT, received_by: str | None = None) -> tuple[Accusation, ...]:
    matcher = zhenping()
    reading = matcher.reader.read(None, text)
    return matcher.conflict.accusations(reading, matcher.conflict.mentions(reading), kind, received_by)


@pytest.mark.parametrize(("text", "department"), ACCUSED)
def test_a_sentence_that_accuses_names_whom(text: str, department: str) -> None:
    assert [accusation.department for accusation in accusations(text)][:1] == [department]


@pytest.mark.parametrize("text", NOT_ACCUSED)
def test_a_sentence_that_only_names_a_department_accuses_nobody(text: str) -> None:
    assert accusations(text) == ()


def test_both_departments_of_a_joint_accusation_are_kept_in_the_order_of_the_text() -> None:
    assert [a.department for a in accusations("城管和交警都不管")] == [URBAN, TRAFFIC]


def test_departments_that_push_a_case_to_and_fro_are_both_accused() -> None:
    assert {a.department for a in accusations("城管推给交警，交警推给城管")} == {URBAN, TRAFFIC}


def test_a_village_official_is_accused_without_being_a_department() -> None:
    (accusation,) = accusations("村主任优亲厚友")
    assert (accusation.department, accusation.mention) == (None, "村主任")


def test_on_its_own_line_you_is_the_department() -> None:
    assert accusations("你们单位的人吃拿卡要", received_by="tax")[0].department == "tax"
    assert accusations("你们单位的人吃拿卡要") == ()


def test_on_its_own_line_nameless_staff_are_the_departments() -> None:
    assert accusations("窗口人员态度恶劣", received_by="health")[0].department == "health"
    assert accusations("窗口人员态度恶劣") == ()


def test_on_a_departments_line_the_staff_of_somebody_else_stay_somebody_elses() -> None:
    assert accusations("医院的工作人员态度恶劣", received_by="health") == ()


def test_praise_is_no_accusation_though_it_says_what_was_not_done() -> None:
    assert accusations("表扬城管，别人不管他们管", Kind.PRAISE) == ()


def test_an_accusation_filed_as_praise_without_a_word_of_praise_still_counts() -> None:
    assert accusations("城管打人", Kind.PRAISE)[0].department == URBAN


def test_an_accusation_does_not_reach_into_the_next_sentence() -> None:
    assert accusations("昨天去城管局办了证。回来路上被打伤了") == ()


def test_the_quote_shows_the_department_and_the_word() -> None:
    assert accusations("今天上午城管打人，我录了像")[0].quote == "城管打人"


def test_an_accusation_at_the_end_of_a_text_without_punctuation_is_found() -> None:
    assert accusations("说来话长" * 4000 + "城管打人")[0].department == URBAN

"""What people write in the year: the samples' complaints, each of a place of its own, and the replies."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bench.year.county import SHARES, Habit
from deploy.local.feed import SAMPLE
from shared.language import DepartmentCode

_STREETS = (
    *("文化路", "人民路", "建设街", "滨河路", "新华街", "解放路", "桥头街", "东风路", "竹溪路", "南江路"),
    *("石砦村", "小河村", "白坪村", "向阳村", "联盟村", "洪阳村", "金岭村", "渝龙村", "学府路", "兴镇路"),
)
_LASTED = ("已经持续一段时间", "最近特别严重", "上个月就出现了", "反复出现好几次", "一直没有好转", "昨天又发生了")
_WISHES = (
    *("请尽快核实处理", "希望有人到现场看一看", "盼望早日解决", "请给一个明确的答复", "麻烦帮忙协调一下"),
    *("请告知处理结果", "希望不要再拖下去", "请依法依规办理"),
)

_OPENERS = ("您好", "尊敬的市民", "诉求人您好", "来件收悉", "您反映的情况我们已登记")
_FINDINGS = (
    *("经现场勘查，情况基本属实", "经查阅台账并走访周边住户，反映的问题存在", "经与当事各方核对，部分情况属实"),
    *("工作人员当日到场查看，发现确有不足", "经调取记录比对，原因已经查明", "经专人测量取样，结果与您所述一致"),
    *("我们约请社区干部一同查看，了解了前因后果", "经电话回访并实地核查，问题属实"),
)
_MEASURES = (
    *("已责令责任方限期整改，逾期将依法查处", "已安排施工队进场，材料到货后立即更换"),
    *("已当场纠正，并对相关人员作了批评教育", "已上门致歉，并减免了部分费用"),
    *("已列入本季度维修计划，预计下旬完工", "已发出整改通知书，我们会跟踪到底", "已与有关企业约谈，对方承诺退还费用"),
    *("已补办手续，材料可在窗口领取", "已增派人员值守，加密巡查频次", "已清理完毕，并在现场立了提示牌"),
    *("已把您的意见转给规划人员，纳入下一步方案", "已协调双方达成一致，签了协议", "已更换损坏部件，试运行正常"),
)
_CLOSERS = ("感谢您的监督。", "如有疑问请与我们联系。", "欢迎继续反映。", "由此带来的不便敬请谅解。", "特此答复。")
# Once in a long while somebody honest is in a hurry.
_HURRIED = "您反映的问题已经处理完毕，感谢您的理解与支持。"
_HURRIES = 0.001
_EMPTY = (
    "您好，您反映的问题我单位高度重视，已安排专人跟进，将按照有关规定妥善处理，感谢您对我们工作的关心与支持。",
    "来信收悉。经研究，您所反映的事项已转相关股室办理，后续将根据实际情况逐步推进，请您耐心等待并予以理解。",
    "您反映的情况我单位已知悉，下一步将加强日常管理，举一反三，不断提升服务水平，欢迎继续监督我们的工作。",
)
_EMPTY_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Sample:
    title: str | None
    text: str
    department: DepartmentCode


@cache
def samples() -> Mapping[DepartmentCode, Sequence[Sample]]:
    """The sample complaints that are for one of the county's departments."""
    by_department: dict[DepartmentCode, list[Sample]] = {code: [] for code in SHARES}
    for line in (SAMPLE / "complaints.ndjson").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        code = one["expected"]["department"]
        if code in by_department:
            by_department[code].append(Sample(one["title"], one["text"], code))
    return by_department


def place(chance: random.Random, town: str) -> str:
    return f"{town}{chance.choice(_STREETS)}{chance.randrange(1, 200)}号"


def complaint(chance: random.Random, sample: Sample, where: str) -> str:
    return f"{sample.text}地点在{where}附近，{chance.choice(_LASTED)}，{chance.choice(_WISHES)}。"


def reply(chance: random.Random, habit: Habit | None, text: str, where: str, day: str) -> str:
    """What the department answers on `day`; an honest one says what it found and did in this very case."""
    if habit is Habit.BOILERPLATE and chance.random() < _EMPTY_SHARE:
        return f"{chance.choice(_EMPTY)}（{day}）"
    if chance.random() < _HURRIES:
        return _HURRIED
    start = chance.randrange(max(1, min(len(text) - 40, 30)))
    about = text[start : start + chance.randrange(16, 34)].strip("，。；！？、“” ")
    return (
        f"{chance.choice(_OPENERS)}，关于{where}“{about}”一事，{day}{chance.choice(_FINDINGS)}。"
        f"{chance.choice(_MEASURES)}。{chance.choice(_CLOSERS)}"
    )

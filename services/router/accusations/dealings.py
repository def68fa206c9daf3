"""How people deal with a department without being at odds with it.

They address it, ask about it, tell it something, or name what it did in its regular work and ask it to go on. This is a
list of what is harmless: what is not on it stays in doubt.
"""

import re

from services.router.accusations.grammar import Stance, clause_around
from services.router.accusations.stories import FAMILY
from services.router.reading import Found, Reading, Role

__all__ = [
    "at_ease",
    "ended_with",
    "is_relative",
    "leaked",
    "meant",
    "praises_work",
    "sole_confidant",
    "speaks_back",
    "visited",
]

# As far after the mention as its sour or its trusting words are looked for.
AFTER = 90
# Within this somebody answers for whom it names.
REPLY = 30
# 尊敬的, 想问一下.
BEFORE = 12

_SALUTED = re.compile(
    r"(?:的)?(?:各位)?(?:领导|同志|负责人|工作人员)?们?[,:!]?\s?(?:您|你)们?好|(?:的)?(?:领导|同志)们?[,:!]"
)
_HONOURED = re.compile(r"(?:尊敬|敬爱)的(?:县|市)?$")
_CALLS = re.compile(r"来电")
_ASKING = re.compile(r"请问|想问|问一下|问问|请教|咨询|查询|想知道|想了解|不知道?|不晓得")
_ABOUT_IT = re.compile(
    r"上不上班|上班时间|几点|什么时候|何时|多少|在哪|哪里|哪个科|能不能|能否|可否|可不可以|是否|有没有(?!人)|"
    r"怎么(?:办|走|去|联系|改|领|弄|交|填|申请|查|预约)|如何|需要什么|要带|吗|哪个(?:科|部门|单位|局|所|派出所|窗口)|归[谁哪]|([办收开上给补发到招用带])不\1|要不要(?!管|脸)"
)
_ITS_NUMBER = re.compile(
    r"[^,:。!?;\n]{0,8}?(?:电话|位置|地址|联系方式|网址|官网|公众号|app)(?:号码|的问题|是多少|在何处)*$"
)
_REPROACH = re.compile(
    r"为什么|为何|为啥|凭什么|凭啥|怎么(?:能|可以|不|就|还|又|敢)|难道|谁敢|是不是|就不|都不|都没|谁(?:给|放|批|签)"
)
_TO_IT = re.compile(
    r"(?:一下)?(?:反映|举报|投诉|咨询|求助|建议|申请|报告|请教)(?!过|了|后|多|好几|[0-9一二三两几]{1,2}次|无|没|的)"
)
# What a department does every day.
_WORK = re.compile(
    r"[^,:。!?;\n]{0,6}?(?:立案|受理了?|笔录|登记(?!表)|量过|抓(?:到|住|了)|拘留|查处|查封|(?:检查|查|测|整治|清理|处理|处罚|罚|劝|调解|修)过|修[到好的]|"
    r"罚了(?!我|咱|俺)|取缔|劝走|整改)"
)
# What breaks, whose hands are too few, and what the operator noted of himself.
_TROUBLE = re.compile(
    r"[^,:。!?;\n]{0,4}?(?:冻裂|爆裂|爆管|跳闸|断线|起火|漏水|一个人扑|人手不够|忙不过来|扑不住|登录不上|打不开|注册不了|已(?:安抚|告知|登记|转))"
)
_IN_VAIN = re.compile(r"无果|未果")
_DONE_WELL = re.compile(
    r"帮(?:我|我们|着)|得(?:很|真|挺)?(?:好|快)(?!像)|真好|辛苦|感谢|终于|找回|锦旗|(?:清|扫|清理|收拾)得?干净|稳当|结实|从不|没有(?:打|骂|推|收|刁)"
)
_WORD = re.compile(
    r"[^,:。!?;\n]{0,6}?(?:说|让(?:我|我们)|通知|告诉|要求|政策|规定|公告|公示|文件|短信|报告|标准|测过|受理|立案|查过|罚)"
)
_GOES_ON = re.compile(
    r"请问|想(?:问|知道|了解|要)|请教|进展|进度|哪一步|再(?:来|去|查|测|帮|管|修|看)|要(?:带|补|不要)|该补|看不懂|解释|"
    r"怎么(?:办理|改|领|弄|交|填|申请|联系)|什么(?:时候|材料|手续|条件)|几(?:寸|点|号)|多少|哪里|哪些|[往去]哪|(?:能不能|能否)(?:帮|再|告)|可以吗"
)
_SOUR = re.compile(
    r"烟|酒|饭|茶|红包|好处|熟人|亲戚|同学|小舅子|关系|就走|就回|走了|回去|完事|了事|至今|再没|一直没|下文|动静|没有?联系|出差|还没|都不在|没法给|满[0-9]|过去了|个?月了|没有?(?:消息|结果|音信|人影|罚)|不罚|小事|别(?!的|人)|"
    r"不要找|不归|不管|管不|自己(?:解决|想|去|找)|算了|领导不|系统|态度|笑|骂|打(?:我|人)|不会|白(?:跑|等)|凭什么|为什么不"
)
_WELL = re.compile(
    r"感谢|感激|表扬|点赞|点个赞|谢谢|多谢|致谢|赞|锦旗|好样的|夸|很快|真快|耐心|热情|热心|贴心|周到|细心|负责|辛苦|认真|"
    r"主动|真好|不错|服务好|态度好|[很真挺]满意|非常满意|暖心|太拼"
)
_RELATIVE = re.compile(rf"(?:他|她|家)?的?(?:{FAMILY}|狗|车)")
_FAVOUR = re.compile(r"低保|五保|补[贴助偿]|救[济助]|名额|指标|危房|贫困|公租房|廉租房|承包|工程|扶贫|征地|款|评上")
_LEAKED = re.compile(
    r"举报信|举报材料|谁举报|[找堵][上到]?了?(?:我家|我)?的?门|找[上到]我|(?:我的?|举报人的?)(?:号码|电话|名字|姓名|信息)|"
    r"(?:第[二三]天|当[天晚]|转[天头]|没过?几天)[^。!?;\n]{0,10}?(?:找|骂|上门|堵|砸|威胁|打(?:我|电话|上门)|就知道)"
)
# Whose man he is, or that it is just this department that is meant.
_ITS_KIN = re.compile(
    rf"(?:[队所局站科]?长|领导|主任|里?的人)?[的家他她]?亲?{FAMILY}|的人是[^,。!?;\n]{{0,6}}的{FAMILY}|自己的?(?:人|车|门|亲)"
)
_MEANT = re.compile(r"(?:[说讲指告]的|反映的)就?是$|就是$")
# Who was there himself tells what he met with; who means to go only asks the way.
_VISITED = re.compile(
    r"(?<![想要该能以需备让叫请能再才得])(?:去|到|找|求到?|跑到|拿[去到]|带着[^,。!?;\n]{0,4}去|跟|问)了?[^,:。!?;\n]{0,3}$"
)
_ENDED_WITH = re.compile(r"(?:拉|搬|运|送|进|落|归|给)(?:到|进|给)?了$")
_SAYS_WHO_CAME = re.compile(
    r"(?:来的人|来[了个]{1,2}人|接(?:电话)?的人?|那边|里面的人|对方|他们)[就又却还都也]{0,2}[说让叫要讲问骂收催]"
)
_SOLE = re.compile(r"(?:只有|只给|只跟|只向|只告诉|只|除了)(?:了|过)?$")
_KNOWS = re.compile(r"[^,。!?;\n]{0,4}(?:知道|晓得|清楚|说过|讲过|报过|填过|留过|登记|没(?:给|跟|告诉|人知))")


def at_ease(reading: Reading, found: Found, stance: Stance) -> bool:
    """Whether the text deals with the department, named there, as one deals with one that is not the trouble."""
    text = reading.text
    begin, end = clause_around(text, found)
    before, clause = text[max(begin, found.start - BEFORE) : found.start], text[found.end : end]
    if _SALUTED.match(text, found.end) or _HONOURED.search(before) or _CALLS.match(clause):
        return True
    if _REPROACH.search(clause):
        return False
    asks = _ASKING.search(before) or _ABOUT_IT.search(text, begin, end) or _ITS_NUMBER.match(clause)
    tells = stance is Stance.TOLD and _TO_IT.match(clause)
    return bool(asks or tells or _TROUBLE.match(clause)) or _goes_on(reading, clause, text[found.end :][:AFTER])


def _goes_on(reading: Reading, clause: str, after: str) -> bool:
    """Whether the department did its work, and the reporter wants the rest of it, or complains of somebody else."""
    if _SOUR.search(after) or _IN_VAIN.search(reading.text):
        return False
    wanted = _GOES_ON.search(after)
    worked = _WORK.match(clause) and (wanted or reading.found(Role.OTHER))
    return bool(worked or (wanted and _WORD.match(clause)) or _DONE_WELL.search(clause))


def praises_work(text: str) -> bool:
    """Whether somebody says that something was done well."""
    return _WELL.search(text) is not None


def is_relative(text: str, official: Found) -> bool:
    """村支书的儿子撞了人 is not about the official; 村支书的儿子吃低保 is."""
    return _RELATIVE.match(text, official.end) is not None and not _FAVOUR.search(text)


def leaked(text: str) -> bool:
    """Whether somebody else learnt what was told in confidence: 老板拿着我的举报信."""
    return _LEAKED.search(text) is not None


def meant(text: str, found: Found) -> bool:
    """我说的是消防大队, 是水政大队队长的侄儿."""
    return (
        _MEANT.search(text[max(0, found.start - 6) : found.start]) is not None
        or _ITS_KIN.match(text, found.end) is not None
    )


def speaks_back(text: str, found: Found) -> bool:
    """报给城管局,来的人说: who was told answers without being named."""
    return _SAYS_WHO_CAME.search(text, found.end, found.end + REPLY) is not None


def visited(text: str, found: Found) -> bool:
    """我拿去供电所: what follows is what happened there."""
    begin, _ = clause_around(text, found)
    return _VISITED.search(text[max(begin, found.start - BEFORE) : found.start]) is not None


def ended_with(text: str, official: Found) -> bool:
    """救济的砖拉到了村主任家."""
    return _ENDED_WITH.search(text[max(0, official.start - 4) : official.start]) is not None


def sole_confidant(text: str, found: Found) -> bool:
    """我的号码只有水利局知道."""
    return (
        _SOLE.search(text[max(0, found.start - 5) : found.start]) is not None
        and _KNOWS.match(text, found.end) is not None
    )

"""How people deal with a department without being at odds with it: they address it, ask about it, tell it something, or
name what it did in its regular work and ask it to go on.

This is a list of what is harmless: what is not on it stays in doubt.
"""

import re

from services.router.accusations.grammar import Stance, clause_around
from services.router.reading import Found, Reading, Role

__all__ = ["at_ease", "is_relative", "leaked", "praises_work", "sole_confidant"]

# As far after the mention as its sour or its trusting words are looked for.
AFTER = 90
# 尊敬的, 想问一下.
BEFORE = 12

_SALUTED = re.compile(
    r"(?:的)?(?:各位)?(?:领导|同志|负责人|工作人员)?们?[,:!]?\s?(?:您|你)们?好|(?:的)?(?:领导|同志)们?[,:!]"
)
_HONOURED = re.compile(r"(?:尊敬|敬爱)的(?:县|市)?$")
_CALLS = re.compile(r"来电")
_ASKING = re.compile(r"请问|想问|问一下|问问|请教|咨询|查询|想知道|想了解|不知道?")
_ABOUT_IT = re.compile(
    r"上不上班|上班时间|几点|什么时候|何时|多少|在哪|哪里|哪个科|能不能|能否|可否|可不可以|是否|有没有(?!人)|"
    r"怎么(?:办|走|去|联系|改|领|弄|交|填|申请|查|预约)|如何|需要什么|要带|吗"
)
_ITS_NUMBER = re.compile(
    r"(?:的)?(?:咨询|联系|办公|窗口|投诉|公开的?)?(?:电话|地址|网址|官网|公众号|app)(?![^,:。!?;\n]{0,3}[打没永总接占忙直])"
)
_REPROACH = re.compile(
    r"为什么|为何|为啥|凭什么|凭啥|怎么(?:能|可以|不|就|还|又|敢)|难道|谁敢|是不是|谁(?:给|放|批|签)"
)
_TO_IT = re.compile(
    r"(?:一下)?(?:反映|举报|投诉|咨询|求助|建议|申请|报告|请教)(?!过|了|后|多|好几|[0-9一二三两几]{1,2}次|无|没|的)"
)
# What a department does every day.
_WORK = re.compile(
    r"[^,:。!?;\n]{0,6}?(?:立案|受理了?|笔录|登记|抓(?:到|住|了)|拘留|查处|查封|(?:检查|查|测|整治|清理|处理|处罚|罚|劝|调解)过|"
    r"罚了(?!我|咱|俺)|取缔|劝走|整改|指挥)"
)
_WORD = re.compile(
    r"[^,:。!?;\n]{0,6}?(?:说|让(?:我|我们)|通知|告诉|要求|政策|规定|公告|公示|文件|短信|报告|标准|测过|受理|立案|查过|罚)"
)
_GOES_ON = re.compile(
    r"请问|想(?:问|知道|了解|要)|请教|进展|进度|哪一步|再(?:来|去|查|测|帮)|要(?:带|补|不要)|该补|看不懂|解释|"
    r"怎么(?:办理|改|领|弄|交|填|申请|联系)|什么(?:时候|材料|手续|条件)|几(?:寸|点|号)|多少|哪里|哪些|(?:能不能|能否)(?:帮|再|告)|可以吗"
)
_SOUR = re.compile(
    r"烟|酒|饭|茶|红包|好处|熟人|亲戚|同学|小舅子|关系|就走|就回|走了|回去|完事|了事|至今|再没|一直没|下文|动静|小事|别(?!的|人)|"
    r"不要找|不归|不管|管不|自己(?:解决|想|去|找)|算了|领导不|系统|态度|笑|骂|打(?:我|人)|不会|白(?:跑|等)|凭什么|为什么不"
)
_WELL = re.compile(
    r"感谢|感激|表扬|点赞|点个赞|谢谢|多谢|致谢|赞|锦旗|好样的|夸|很快|真快|耐心|热情|热心|贴心|周到|细心|负责|辛苦|认真|"
    r"主动|真好|不错|服务好|态度好|满意|暖心|太拼"
)
_FAMILY = (
    r"(?:老婆|媳妇|儿子|女儿|女婿|儿媳|兄弟|弟弟|哥哥|妹妹|姐姐|老娘|老爹|父母|父亲|母亲|舅子|小舅子|侄子|侄儿|外甥|外孙|"
    r"表弟|表哥|堂弟|堂哥|亲戚|亲家|姐夫|妹夫|孙子|狗|车)"
)
_RELATIVE = re.compile(rf"(?:他|她|家)?的?{_FAMILY}")
_FAVOUR = re.compile(r"低保|五保|补[贴助偿]|救[济助]|名额|指标|危房|贫困|公租房|廉租房|承包|工程|扶贫|征地|款|评上")
_LEAKED = re.compile(
    r"举报信|举报材料|谁举报|(?:找|堵)(?:上|到)?了?(?:我家|我)?的?门|找(?:上|到)我|(?:我的?|举报人的?)(?:号码|电话|名字|姓名|信息)"
)
_SOLE = re.compile(r"(?:只有|只给|只跟|只向|只告诉|只|除了)(?:了|过)?$")
_KNOWS = re.compile(r"[^,。!?;\n]{0,4}(?:知道|晓得|清楚|说过|讲过|报过|填过|留过|登记|没(?:给|跟|告诉|人知))")


def at_ease(reading: Reading, found: Found, stance: Stance) -> bool:
    """Whether the text deals with the department, named there, as one deals with one that is not the trouble."""
    text = reading.text
    begin, end = clause_around(text, found)
    before = text[max(begin, found.start - BEFORE) : found.start]
    clause = text[found.end : end]
    if _SALUTED.match(text, found.end) or _HONOURED.search(before) or _CALLS.match(clause):
        return True
    if _REPROACH.search(clause):
        return False
    if _ASKING.search(before) or _ABOUT_IT.search(clause) or _ITS_NUMBER.match(clause):
        return True
    if stance is Stance.TOLD and _TO_IT.match(clause):
        return True
    after = text[found.end : found.end + AFTER]
    if _SOUR.search(after):
        return False
    if _WORD.match(clause) and _GOES_ON.search(after):
        return True
    return _WORK.match(clause) is not None and any(other.start >= found.end for other in reading.found(Role.OTHER))


def praises_work(text: str) -> bool:
    """Whether somebody says that something was done well."""
    return _WELL.search(text) is not None


def is_relative(text: str, official: Found) -> bool:
    """村支书的儿子撞了人 is not about the official; 村支书的儿子吃低保 is."""
    return _RELATIVE.match(text, official.end) is not None and not _FAVOUR.search(text)


def leaked(text: str) -> bool:
    """Whether somebody else learnt what was told in confidence: 老板拿着我的举报信."""
    return _LEAKED.search(text) is not None


def sole_confidant(text: str, found: Found) -> bool:
    """我的号码只有水利局知道."""
    return (
        _SOLE.search(text[max(0, found.start - 5) : found.start]) is not None
        and _KNOWS.match(text, found.end) is not None
    )

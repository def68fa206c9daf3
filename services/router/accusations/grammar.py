"""The forms of Chinese by which a sentence accuses a department, asks it, tells it or praises it.

All functions take the normalized text (ASCII punctuation after NFKC, except 。 and 、) and places in it.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto

from services.router.reading import Found

__all__ = [
    "Stance",
    "acts_upon",
    "asked_to_stop",
    "clause_around",
    "complained_about",
    "denied",
    "described_by",
    "does_something",
    "is_landmark",
    "is_object",
    "only_reported",
    "opens_clause",
    "praises",
    "same_breath",
    "sentence_start",
    "stance",
    "unreached",
]


class Stance(Enum):
    """How the sentence stands to a department that it names."""

    ACTING = auto()
    ASKED = auto()
    TOLD = auto()
    PRAISED = auto()
    SUPPOSED = auto()
    LANDMARK = auto()


# No sentence is looked at further back, so that a text without a full stop costs no more than another.
SENTENCE = 160
# An accusation further from the department than this, or across more clauses, is about something else.
REACH = 60
CLAUSES = 3
# At most an adverb: 一直, 到现在都.
ADVERB = 4
# The longest _DESCRIBED: 的就是某些.
DESCRIPTION = 6
# The longest beginning of a clause before the department's name.
HEAD = 14
# 司机的态度恶劣: what stands directly after 的 is still the driver's.
OWN_TRAIT = 2

_SENTENCE_END = "。!?;\n"
_CLAUSE_END = re.compile(r"[,:。!?;\n]")
_ASKED = re.compile(
    r"(?:(?<![申聘邀宴])请(?!问|假|客|教)|恳求|希望|盼望?|期望|期盼|望|呼吁|建议|要求|麻烦|劳烦|督促|责成|责令|敦促|协调|"
    r"通知|转给|转交|交由|由|让|叫|能否|能不能|可否)"
    r"(?P<object>[^,:。!?;\n]{0,8})$",
)
# 请查处城管打人 asks somebody else: the department is what is to be looked into.
_OBJECT_VERB = re.compile(
    r"查|处理|处分|管管|管一管|究|惩|问责|整顿|曝光|投诉|举报|反映|解释|说明|说法|公开|改|纠正|解决|监督|核实|了解|贴|写着"
)
_TOLD = re.compile(r"(?:向|给|跟|同|找|到|去|往|打|联系|通知|求助|咨询|报)(?:了|过)?[^,:。!?;\n]{0,6}$")
_PRAISE = re.compile(r"感谢|感激|表扬|点赞|点个赞|谢谢|多谢|致谢|赞扬|称赞|锦旗|好样的|夸")
_TURN = re.compile(r"但|却|可是|然而|不过|结果")
_SUPPOSED = re.compile(r"(?:如果|假如|若是|倘若|万一|要是)(?![^,:。!?;\n]*再)[^,:。!?;\n]*$")
_LANDMARK = re.compile(
    r"(?:县|的|家|大楼|办公楼)?(?:旁|对面|斜对面|门口|门前|大门|附近|隔壁|后面|后门|前面|楼下|背后|对过|边上|外面|周边|周围|"
    r"路口|十字|家属|宿舍|公寓|小区|老院|院子|院内|站点|站台|公交站|到.{1,8}(?:路段|之间))",
)
_DENIED = re.compile(
    r"(?:没有|没|并未|未|不是|并非|不会|不能|不许|不准|不要|不得|不再|从不|绝不|毫不|别|勿|杜绝|避免|防止|不存在|无|不|有没有|是否|被|遭)(?:存在|任何|出现|发生|说人家|说他们)?$"
)
_STOP = re.compile(r"(?:不要再|别再|停止)$")
_DENIAL_THAT_ACCUSES = re.compile(r"(?:是不是|难道不是|能不能不|不要再|别再|停止)$")
_WHATEVER = re.compile(
    r"(?:是|什么|怎么|怎样|多|谁|哪|何|白天|刮风|有没有|如何|男女|大小|几|三七|天|用(?!户)|饭|你|他|我|她)"
)
_REPORTING = re.compile(r"反映|举报|投诉|报案|报警|求助|控告|检举|咨询")
_DONE = re.compile(
    r"次|过|后|了|都|一直|至今|始终|仍|依旧|还是|也|但|却|结果|月|年|天|周|久|就|均|反复|时|根本|从来|总是|每|竟|对此|认为|觉得"
)
_LOOKED_INTO = re.compile(
    r"(?<![不没未])(?:查处|查|整治|打击|处理|制止|严惩|惩治|治理|解决|处罚|调查|管管|管|抓|杜绝|清理|纠正|遏制)(?:了|过|一下)?$"
)
_OBJECT_BEFORE = re.compile(
    r"(?:对|把|将|明知|知道|发现|向|给|跟|和|与|同|找|替|帮|为|放任|任由|纵容|任凭|看着|看见|包庇|逼|拿|收|要求|推给|让|叫|管|查|罚|劝|通知|联系)[^,:。!?;\n]{0,4}$"
)
_OBJECT_AFTER = re.compile(r"(?:们|家|方)?(?:的|举报|投诉|反映|报警|报案|求助|门口|里|旁|附近|前)")
_DESCRIBED = re.compile(r"(?:的|的是|的就是)(?:县|某些|这些|个别|那些|本地|当地)?$")
_COMPLAIN = re.compile(
    r"(?<!多次)(?<!已)(?<!经)(?<!过)(?<!被)(?<!上)(投诉|举报|控告|检举|状告)(?:一下)?(?:[\u4e00-\u9fff]{0,4}县|当地|你们)?$"
)
_NOT_ABOUT_IT = re.compile(
    r"(?:了|过|后|多次|几次|好几|两次|三次|说|称|答复|回复|电话|热线|受理|平台|网站|[,:]?(?:有人|该|某))"
)
# Who tells it, when and where, and what belongs to the name: 我们县城管局, 昨天城管, 投诉城管, 菜场门口的城管.
_CLAUSE_HEAD = re.compile(
    r"(?:^|[,:。!?;\n、\"])(?:(?:但是?|可是?|结果|而且|后来|听说|其|是|有个?|反映|举报|投诉|今天|昨天|昨晚|前天|上周|去年)?"
    r"(?:我们?|咱们?|俺们?|这个|那个)?(?:县|镇|乡|村|社区|组|本县|当地)?[里上]?的?|[^,:。!?;\n]{0,6}(?:门口|旁边|对面|附近)的)$"
)
_DOES = re.compile(
    r"(?:的人|那边|那里|他们)?(?:都|就|还|又|却|也|一直|总是?|老是?|每次)?"
    r"(?:让我|叫我|喊我|说|把|收[了我走]|不[给让肯管来理]|没|要[我钱求]|给我|从我|拿[了我走]|罚我|扣[了我]|骂|骗|逼|推|弄|丢)"
)
_UNREACHED = re.compile(r"[^,:。!?;\n]{0,4}(?:打不通|打不进|没人接|无人接|占线|忙音)")


def sentence_start(text: str, place: int) -> int:
    """Where the sentence around `place` begins, or the last SENTENCE characters of one that does not end."""
    earliest = max(0, place - SENTENCE)
    return max(earliest, max(text.rfind(mark, earliest, place) for mark in _SENTENCE_END) + 1)


def is_landmark(text: str, found: Found) -> bool:
    """Whether the word only says where: 派出所对面."""
    return _LANDMARK.match(text, found.end) is not None


def stance(text: str, mention: Found) -> Stance:
    if is_landmark(text, mention):
        return Stance.LANDMARK
    begin = sentence_start(text, mention.start)
    before = text[begin : mention.start]
    clause = before[_last(_CLAUSE_END, before, 0) :]
    praise = _last(_PRAISE, clause)
    if praise is not None and not _TURN.search(clause, praise):
        return Stance.PRAISED
    if _SUPPOSED.search(clause) and "再" not in text[mention.end : mention.end + 4]:
        return Stance.SUPPOSED
    asked = _ASKED.search(clause)
    if asked is not None and not _OBJECT_VERB.search(asked["object"]):
        return Stance.ASKED
    return Stance.TOLD if _TOLD.search(clause) else Stance.ACTING


def praises(text: str) -> bool:
    return _PRAISE.search(text) is not None


def denied(text: str, word: Found) -> bool:
    """没有打人, 从不推诿, 被打伤 (by whom is said before it), and 不管 that means whatever: 不管是谁."""
    before = text[max(0, word.start - 6) : word.start]
    if word.word == "不管" and (before.endswith("管") or _WHATEVER.match(text, word.end)):
        return True
    if _DENIAL_THAT_ACCUSES.search(before):
        return False
    return _DENIED.search(before) is not None


def same_breath(text: str, earlier: Found, later: Found, begin: int) -> bool:
    """Whether the two stand near enough in one sentence, which starts at `begin`."""
    if earlier.start < begin or later.start - earlier.end > REACH:
        return False
    return sum(1 for _ in _CLAUSE_END.finditer(text, earlier.end, later.start)) <= CLAUSES


def acts_upon(text: str, mention: Found, word: Found) -> bool:
    """Whether the department does something about what the word says: 公安局调查打人."""
    return _LOOKED_INTO.search(text, mention.end, word.start) is not None


def asked_to_stop(text: str, word: Found) -> bool:
    """不要再乱罚款 says that there were fines."""
    return _STOP.search(text, max(0, word.start - 3), word.start) is not None


def only_reported(text: str, mention: Found, word: Found, *, inaction: bool) -> bool:
    """Whether the word is what the department was told about, and not what it did.

    向住建局反映漏水没人管 reports; 向住建局反映多次没人管 accuses: the reporting is over (次) when nobody comes.
    """
    between = text[mention.end : word.start]
    report = _last(_REPORTING, between)
    if report is None:
        return False
    if not inaction:
        return True
    told = between[report:]
    cut = _last(_CLAUSE_END, told)
    prefix = told if cut is None else told[cut:]
    return bool(prefix) and _DONE.search(prefix) is None and (cut is None or len(prefix) > ADVERB)


def is_object(text: str, other: Found, word: Found) -> bool:
    """Whether somebody else is not who acts: 对商贩, 放任商贩, 商贩举报后."""
    if _OBJECT_AFTER.match(text, other.end):
        return word.start - other.end > OWN_TRAIT
    return _OBJECT_BEFORE.search(text[max(0, other.start - 8) : other.start]) is not None


def described_by(text: str, word: Found, mention: Found) -> bool:
    """不作为的城管局: the word stands before the department that it describes."""
    return mention.start - word.end <= DESCRIPTION and _DESCRIBED.fullmatch(text, word.end, mention.start) is not None


def complained_about(text: str, mention: Found) -> Iterator[str]:
    """The verb of 投诉城管局, where the complaint is about the department and not made to it."""
    match = _COMPLAIN.search(text[max(0, mention.start - 12) : mention.start])
    if match is not None and not _NOT_ABOUT_IT.match(text, mention.end):
        yield match[1]


def opens_clause(text: str, mention: Found) -> bool:
    """Whether the clause begins with the department, which then does what the clause says."""
    return _CLAUSE_HEAD.search(text[max(0, mention.start - HEAD) : mention.start]) is not None


def does_something(text: str, mention: Found) -> bool:
    """折子财政所让我自己去打: it acts, though something else opens the clause."""
    return _DOES.match(text, mention.end) is not None


def clause_around(text: str, found: Found) -> tuple[int, int]:
    """Where the clause around a word begins and ends."""
    begin = sentence_start(text, found.start)
    end = _CLAUSE_END.search(text, found.end)
    head = _last(_CLAUSE_END, text[begin : found.start], 0) or 0
    return begin + head, end.start() if end else len(text)


def unreached(text: str, found: Found) -> bool:
    """12315打不通: the number, and not who is behind it."""
    return found.word.isdigit() and _UNREACHED.match(text, found.end) is not None


def _last(pattern: re.Pattern[str], text: str, default: int | None = None) -> int | None:
    """Where the last match ends."""
    end = default
    for match in pattern.finditer(text):
        end = match.end()
    return end

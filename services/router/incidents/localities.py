"""The names of streets, estates, villages and the like in a complaint, as far as two tellings share them.

There is no list of the county's places to look them up in: a name is what kind of place it is (小区, 路, 村) with the
one or two characters before it. So 城关镇渝水小区 and 住在渝水小区 name the same place whatever stands around it, and
what is no name (水泥路, 这个小区) is left out by its words.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Localities", "is_exact", "localities_of"]

_KINDS = (
    "小区|花园|广场|大桥|涵洞|工业园|市场|中学|小学|幼儿园|医院|酒店|公园|车站|隧道|水库|社区|公寓|家园|新村|大厦|书店|"
    "采石场|饲料厂|加油站|卫生院|村|路|街|巷|桥|河|苑|院|园|城|厂|沟|湾|坪|店"
)
# Characters that stand before a name and are no part of one.
_BEFORE = "满的了是我你他她们在从到往去回住过离把被就这那有没和与及至或等也都还又很请问要说叫看来每各本该某全"
_KIND = re.compile(_KINDS)
# The names of districts, cities and counties: 琼山区, but not 小区.
_LARGER = r"[一-鿿]{2}(?:(?<![小社景校园院厂街])区|市(?!场)|县(?!医院|政府|城))"
_SEPARATED = re.compile(
    rf"{_LARGER}|[^一-鿿]+|[{_BEFORE}]求?|旁边|外面|门口|附近|后面|对面|家里|隔壁|昨天|今天|昨晚|刚才|进入|经过|位于|反映|举报|"
    "投诉"
)
_NO_NAMES = re.compile(
    r"水泥|通组|通村|条路|条街|马路|公路|道路|铁路|上街|大街|走路|修路|沿街|逛街|街上|整条|农村|乡村|全村|村村|进城|县城|住院|"
    r"出院|入院|小河|过河|上网店|商店|饭店|网店|小店|开店|工厂|建厂|进村|里路|不见|组路|红绿|停车|地市|上市|超市|学校|公交|交叉|流成|"
    r"几个|两天|三天|几天"
)
# Names that need nothing before them.
_WHOLE = re.compile(r"[一二三四](?:小(?!时)|中(?!午))|县医院|中医院|县政府|汽车站")
_LONG = frozenset("路街巷河沟")
_SHORTEST = 2
# What is done to a road or on it: 堵路.
_DONE = frozenset("堵走修拦占挡通养压断铺改封横引绕跑让拐退换进出上下看开关停找租整偷挖打翻排放往")
# A part of an estate or a village: 3号楼, 二栋, 五组.
_PART = re.compile(r"([一二三四五六七八九十]{1,3}|\d{1,3})(号楼|栋|幢|单元|组)(?!织)")
_DIGITS = {digit: str(number) for number, digit in enumerate("一二三四五六七八九", 1)}
_SAME_PART = {"号楼": "楼", "栋": "楼", "幢": "楼"}


@dataclass(frozen=True, slots=True)
class Localities:
    """`towns` are those of the policy, `names` what is smaller than a town, `parts` of what is named (3楼)."""

    towns: frozenset[str]
    names: frozenset[str]
    parts: frozenset[str]


def localities_of(text: str, place: str | None, towns: Iterable[str]) -> Localities:
    """What the complaint names; `text` and `place` as `comparable` gives them. A town counts without its 镇 as well."""
    whole = f"{place};{text}" if place else text
    found = set()
    for town in towns:
        short = town.rstrip("镇乡") if len(town) > 2 else town  # noqa: PLR2004  # 上竹镇, but never a single character
        if short in whole:
            found.add(town)
            whole = whole.replace(town, ";").replace(short, ";")
    return Localities(frozenset(found), frozenset(_names(whole)), frozenset(_parts(whole)))


def is_exact(name: str) -> bool:
    """Whether it names one spot, as an estate or a market does; streets and rivers are long."""
    return name[-1] not in _LONG


def _names(whole: str) -> Iterable[str]:
    yield from _WHOLE.findall(whole)
    for piece in _SEPARATED.split(whole):
        if len(piece) < _SHORTEST:
            continue
        reached = 0
        for match in _KIND.finditer(piece):
            head = piece[max(reached, match.start() - 2) : match.start()]
            # Without a name before it, it may be the name of what follows: 车站路. What follows a name at once is part
            # of it: 水坪村, but no 村河 in 水坪村河里.
            if reached == match.start() > 0:
                reached = match.end()
            elif head:
                reached = match.end()
                name = head + match[0]
                if _DONE.isdisjoint(head) and not _NO_NAMES.search(name):
                    yield name


def _parts(whole: str) -> Iterable[str]:
    for number, kind in _PART.findall(whole):
        yield f"{_DIGITS.get(number, number)}{_SAME_PART.get(kind, kind)}"

"""Complaints of a county as crowded as the bench for incidents asks for, made of our sample complaints.

Most are a sample's sentence at one of some thousand made-up places, a few of which everybody complains about; one
incident is very hot, and some are nothing but the formulas of politeness that every complaint holds.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from uuid import UUID

from deploy.local.feed import sample_submissions
from services.router.decide import Matcher, decide
from services.router.placement import Decided
from shared.events import ComplaintReceived
from shared.language import Channel, Confidentiality, Kind, Urgency

PLACES = 4000
# Of each 100 complaints: how many tell of the hot incident, and how many say nothing but formulas.
HOT, EMPTY = 2, 3

_CHARACTERS = "安永平和福兴盛华阳光金玉龙凤青松柏竹梅兰春秋南东北西明清泉石云山水林城关新民富康宁泰祥瑞嘉"
_KINDS = ("小区", "路", "村", "巷", "花园", "市场", "中学")
_BEGIN = ("来电人反映：", "市民来电反映：", "您好，", "我要反映一个问题，", "")
_END = ("请相关部门尽快处理，谢谢。", "希望有关部门核实解决。", "请尽快派人处理。", "")
_HOT = (
    "北门小区从早上开始停水，到现在还没有来水，家里没法做饭。",
    "北门小区停水了，自来水公司什么时候恢复供水？",
    "城关镇北门小区一整天没有自来水，老人孩子没水喝。",
)


@cache
def _places() -> Sequence[str]:
    random = Random(7)  # noqa: S311  # names, not secrets
    return [f"{''.join(random.sample(_CHARACTERS, 2))}{random.choice(_KINDS)}" for _ in range(PLACES)]


def batched(decided: Iterable[Decided], size: int) -> Iterator[list[Decided]]:
    """Lists of `size`, the last one perhaps shorter."""
    rest = iter(decided)
    while batch := list(islice(rest, size)):
        yield batch


def texts(number: int, seed: int) -> Iterator[tuple[str, str, int]]:
    """So many texts, each with its place and the number of the sample that it was made of (-1: of none)."""
    random = Random(seed)  # noqa: S311  # texts, not secrets
    samples = [str(one["text"]) for one in sample_submissions()]
    towns = ("城关镇", "曾家镇", "钟宝镇", "上竹镇", "华坪镇")
    for _ in range(number):
        begin, end = random.choice(_BEGIN), random.choice(_END)
        lot = random.randrange(100)
        if lot < HOT:
            yield f"{begin}{random.choice(_HOT)}{end}", "城关镇北门小区", -1
        elif lot < HOT + EMPTY:
            yield f"{begin}我反映的问题一直没有人处理，{end}", random.choice(towns), -1
        else:
            # Skewed: a tenth of the places have about half of the complaints.
            place = _places()[int(PLACES * random.random() ** 3)]
            sample = random.randrange(len(samples))
            yield f"{begin}{place}{samples[sample]}{end}", f"{random.choice(towns)}{place}", sample


def decided(number: int, seed: int, matcher: Matcher, first: datetime, over: timedelta) -> Iterator[Decided]:
    """So many complaints, as the router has decided them, spread over the time from `first` on.

    All of one sample are decided as the first of them is, so that making a million takes minutes.
    """
    random = Random(seed)  # noqa: S311  # ids, not secrets
    known = {}
    for n, (text, place, sample) in enumerate(texts(number, seed)):
        complaint = ComplaintReceived.model_construct(
            complaint_id=UUID(int=random.getrandbits(128)),
            ticket_number="20261124-000001-5",
            channel=Channel.HOTLINE_12345,
            kind=Kind.COMPLAINT,
            urgency=Urgency.NORMAL,
            confidentiality=Confidentiality.NAMED,
            text=text,
            place=place,
            accepted_at=first + over * n / number,
        )
        which = (sample, text[-12:] if sample < 0 else "")
        if which not in known:
            known[which] = decide(complaint, matcher)
        yield Decided(UUID(int=random.getrandbits(128)), complaint, known[which], complaint.accepted_at)

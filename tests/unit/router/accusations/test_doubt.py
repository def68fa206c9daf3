"""Nobody is told of to himself: every table of accusations, in every kind, urgent or not, on every line."""

from collections.abc import Iterator
from itertools import product

import pytest

from deploy.local.feed import sample_submissions
from services.router.decide import decide
from services.router.decision import Decision
from shared.language import DecisionSource, Kind, Urgency
from tests.unit.router import callers, last_callers, later_callers, unseen
from tests.unit.router.accusations.test_conflict import ACCUSED, NOT_ACCUSED
from tests.unit.router.county import received, zhenping
from tests.unit.router.stories import INNOCENT, OFFICIALS, TOLD, UNTOLD

POLICY = zhenping().policy
NEUTRAL = {POLICY.supervision_office, POLICY.triage_desk}
LOTS = (callers, later_callers, last_callers)

TELLING = [*ACCUSED, *TOLD, *UNTOLD, *unseen.TALES, *(row for lot in LOTS for row in lot.TALES)]
ON_ITS_LINE = [*TELLING, *(row for lot in LOTS for row in lot.ON_ITS_LINE)]
OF_OFFICIALS = [*OFFICIALS, *(text for lot in LOTS for text in lot.OF_OFFICIALS)]
HARMLESS = [(text, None) for text in (*NOT_ACCUSED, *INNOCENT)] + [row for lot in LOTS for row in lot.HARMLESS]

IN_EVERY_WAY = pytest.mark.parametrize(("kind", "urgency"), list(product(Kind, Urgency)))


def told(text: str, kind: Kind = Kind.HELP, urgency: Urgency = Urgency.NORMAL, line: str | None = None) -> Decision:
    by = {"channel": "department_line", "received_by": line} if line else {}
    return decide(received(text, kind=kind, urgency=urgency, **by), zhenping())


def is_held(decision: Decision) -> bool:
    return decision.source is DecisionSource.TRIAGE and "自身有关" in decision.reason


def reached(rows: list[tuple[str, str]], kind: Kind, urgency: Urgency, *, on_line: bool) -> Iterator[str]:
    """The texts that come to whom they tell of, as lead or as helper."""
    for text, department in rows:
        decision = told(text, kind, urgency, department if on_line else None)
        if department in (decision.department, *decision.co_handlers):
            yield text


@IN_EVERY_WAY
def test_no_accusation_reaches_whom_it_is_about(kind: Kind, urgency: Urgency) -> None:
    assert list(reached(TELLING, kind, urgency, on_line=False)) == []


@pytest.mark.parametrize(("text", "department"), unseen.MISSED)
def test_what_is_not_found_yet_is_known(text: str, department: str) -> None:
    """Whoever makes the router find these moves them into one of the other tables."""
    assert {told(text, kind).department for kind in Kind} == {department}


@IN_EVERY_WAY
def test_no_accusation_reaches_whom_it_is_about_from_their_own_line(kind: Kind, urgency: Urgency) -> None:
    assert list(reached(ON_ITS_LINE, kind, urgency, on_line=True)) == []


@IN_EVERY_WAY
def test_what_is_told_of_a_village_official_is_for_a_neutral_desk(kind: Kind, urgency: Urgency) -> None:
    assert [text for text in OF_OFFICIALS if told(text, kind, urgency).department not in NEUTRAL] == []


@pytest.mark.parametrize("kind", Kind)
def test_few_who_only_name_a_department_wait_at_the_desk(kind: Kind) -> None:
    held = [text for text, line in HARMLESS if is_held(told(text, kind, line=line))]
    assert len(held) <= len(HARMLESS) // 7, held


def test_doubt_holds_few_of_the_samples() -> None:
    samples = [received(s["text"], title=s.get("title"), kind=s.get("kind", "complaint")) for s in sample_submissions()]
    held = sum(is_held(decide(sample, zhenping())) for sample in samples)
    assert 0 < held <= len(samples) * 0.06


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("请问交警队电话", "traffic-police"),
        ("向交警大队反映：学校门口早上车乱停，没人指挥", "traffic-police"),
        ("邻居打人，派出所已经立案，想知道什么时候有结果", "public-security"),
        ("环保局罚了那个厂两万，厂里夜里又偷排污水，请环保局再去查一次", "ecology-environment"),
        ("超市卖过期奶，12315打不通，请市场监管局处理", "market-regulation"),
        ("尊敬的民政局领导：您好，我想申请低保", "civil-affairs"),
    ],
)
def test_who_asks_or_wants_the_work_to_go_on_is_not_held(text: str, department: str) -> None:
    assert {told(text, kind).department for kind in Kind} == {department}


def test_what_is_urgent_and_in_doubt_is_for_a_person_at_once() -> None:
    decision = told("派出所的人说这点小事不要找他们", urgency=Urgency.URGENT)
    assert decision.department == POLICY.triage_desk
    assert decision.reason.endswith("由人工核实后分派；情况紧急，请立即核实，险情先行处置。")


def test_a_helper_that_may_be_meant_gets_no_copy() -> None:
    assert told("养猪场臭气熏天，粪水横流").co_handlers == ("agriculture-rural",)
    decision = told("养猪场臭气熏天，粪水横流，农业农村局的人是老板的姐夫")
    assert (decision.department, decision.co_handlers) == ("ecology-environment", ())
    assert "协办" not in decision.reason


def test_on_a_line_you_is_its_owner_and_so_is_who_sends_away_unnamed() -> None:
    assert told("你们的人昨天把我摊子掀了", line="urban-management").accused == "urban-management"
    assert is_held(told("河街口占道经营，你们派人来看了就回去喝酒", line="urban-management"))
    assert is_held(told("养老金跑了五趟还没办成", line="human-resources"))
    assert told("河街口占道经营，你们能不能来看看", line="urban-management").department == "urban-management"
    assert told("老板不盖章，养老金跑了五趟还没办成", line="human-resources").department == "human-resources"


def test_doubt_about_the_hotlines_own_desk_is_for_the_supervision_office() -> None:
    assert told("热线办的人记了半天，又转回我要告的那里").department == POLICY.supervision_office


def test_praise_is_for_whom_it_praises_unless_it_accuses_as_well() -> None:
    assert told("派出所民警帮我找回了孩子，真好", Kind.PRAISE).department == "public-security"
    assert is_held(told("感谢城管以前的努力但城管现在不作为", Kind.PRAISE))


def test_whose_clerk_it_is_stays_with_the_department() -> None:
    assert told("民政局管低保的态度恶劣").accused == "civil-affairs"

import pytest

from services.router.decide import decide
from shared.language import DecisionSource
from tests.unit.router.county import received, zhenping


@pytest.mark.parametrize(
    ("text", "entry", "channel"),
    [
        ("法院判决不公，请县里改判", "court-ruling", "12368"),
        ("老赖一直不还钱，执行局找不到人", "court-ruling", "12368"),
        ("检察院什么时候起诉", "prosecution", "12309"),
        ("不服信访答复，要求复核", "petition", "信访工作条例"),
        ("举报某单位领导受贿买官卖官", "discipline-inspection", "12388"),
        ("劳动仲裁裁决我不服", "labour-arbitration", "十五日内"),
        ("朋友借钱不还，有借条", "private-dispute", "人民调解"),
        ("手机套餐被改成了贵的", "telecom-contract", "12300"),
    ],
)
def test_what_the_law_sends_elsewhere_goes_to_a_person_who_names_the_channel(
    text: str, entry: str, channel: str
) -> None:
    decision = decide(received(text), zhenping())
    assert (decision.department, decision.source) == ("triage-desk", DecisionSource.OUT_OF_SCOPE)
    assert decision.rule == entry
    assert channel in (decision.lawful_channel or "")


def test_somebody_who_asks_for_legal_aid_is_in_scope_though_he_mentions_the_court() -> None:
    decision = decide(received("法院已经受理，我没钱请律师，想申请法律援助", kind="consultation"), zhenping())
    assert decision.department == "justice"


def test_a_court_that_is_only_a_landmark_is_in_scope() -> None:
    assert decide(received("检察院门口的路灯不亮"), zhenping()).department == "urban-management"


def test_accusing_a_department_comes_before_being_out_of_scope() -> None:
    decision = decide(received("卫健局不作为，信访答复超期"), zhenping())
    assert (decision.source, decision.accused) == (DecisionSource.CONFLICT_OF_INTEREST, "health")


def test_a_village_official_who_takes_bribes_is_for_the_discipline_inspection() -> None:
    assert decide(received("村支书贪污征地款"), zhenping()).rule == "discipline-inspection"

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.router.batches import decide_all
from services.router.classifier.classifier import Guess, Prediction
from services.router.decide import decide
from services.router.runners_up import RunnerUp
from shared.language import DecisionSource
from shared.matching import comparable
from tests.unit.router.county import received, zhenping
from tests.unit.router.labelled import model

POLICY = zhenping().policy
OFFICE, DESK = POLICY.supervision_office, POLICY.triage_desk
DEPARTMENTS = sorted(POLICY.departments)
VAGUE = "在吗"


class Says:
    """A classifier that always gives the same answer."""

    hash = "a-model"

    def __init__(self, label: str, probability: float, threshold: float = 0.9) -> None:
        rest = Guess("health", round(1 - probability, 4))
        self._prediction = Prediction((Guess(label, probability), rest), threshold, ("在吗",))

    def predict(self, text: str) -> Prediction:
        assert text
        return self._prediction


def test_every_decision_names_the_model_that_was_in_service() -> None:
    says = Says("transport", 0.972)
    assert {decide(received(text), zhenping(), classifier=says).model_hash for text in (VAGUE, "城管打人")} == {
        "a-model"
    }
    assert decide(received(VAGUE), zhenping()).model_hash is None


def test_a_sure_classifier_places_what_no_rule_places() -> None:
    decision = decide(received(VAGUE), zhenping(), classifier=Says("transport", 0.972))
    assert (decision.department, decision.source) == ("transport", DecisionSource.CLASSIFIER)
    name = zhenping().policy.name_of("transport")
    assert decision.reason == f"提到“在吗”，与以往由{name}办理的诉求相似，文本分类把握97.2%，转{name}。"
    assert decision.runners_up == (RunnerUp("health", probability=0.028),)
    assert [(e.step, e.word, e.speaks_for) for e in decision.evidence] == [("classifier", "在吗", "transport")]


def test_an_unsure_classifier_leaves_it_to_the_triage_desk_which_is_told_what_it_thought() -> None:
    decision = decide(received(VAGUE), zhenping(), classifier=Says("transport", 0.72))
    assert decision.department == DESK
    assert [one.as_json() for one in decision.runners_up] == [
        {"department": "transport", "probability": 0.72},
        {"department": "health", "probability": 0.28},
    ]
    assert decision.reason == (
        "没有规则或事项足以确定承办单位，文本分类最倾向交通运输局但把握仅72%，转县12345热线分派台由人工分派。"
    )


def test_who_is_named_and_guessed_is_one_candidate_with_either_measure() -> None:
    decision = decide(received("医院门口"), zhenping(), classifier=Says("transport", 0.72))
    assert decision.runners_up == (
        RunnerUp("transport", probability=0.72),
        RunnerUp("health", probability=0.28, points=0.25, words=1),
    )


def test_in_doubt_the_desk_is_told_how_sure_the_classifier_was() -> None:
    complaint = received("城管队员在店里坐着，交警也在")
    decision = decide(complaint, zhenping(), classifier=Says("urban-management", 0.97))
    assert (decision.department, decision.held_for) == (DESK, "urban-management")
    first, *others = decision.runners_up
    assert (first.department, first.probability) == ("urban-management", 0.97)
    assert [one.department for one in others] == ["health", "traffic-police"]


def test_who_gave_it_back_is_no_candidate_of_an_unsure_classifier() -> None:
    decision = decide(received(VAGUE), zhenping(), frozenset({"transport"}), Says("transport", 0.97))
    assert [one.department for one in decision.runners_up] == ["health"]


def test_a_label_that_is_no_department_leaves_it_to_the_triage_desk() -> None:
    assert (
        decide(received(VAGUE), zhenping(), classifier=Says("dissolved-office", 0.99)).source == DecisionSource.TRIAGE
    )


def test_a_department_that_gave_it_back_does_not_get_it_from_the_classifier() -> None:
    tried = frozenset({"transport"})
    assert decide(received(VAGUE), zhenping(), tried, Says("transport", 0.99)).department == DESK


def test_a_rule_stands_before_the_classifier() -> None:
    decision = decide(received("河街口有人占道经营"), zhenping(), classifier=Says("transport", 1.0))
    assert decision.source is DecisionSource.RULE


def test_certainty_is_never_claimed() -> None:
    assert "把握99.9%" in decide(received(VAGUE), zhenping(), classifier=Says("transport", 1.0)).reason


@given(
    st.sampled_from(["城管打人", "派出所不出警", VAGUE, "交警不管", "法院判决不公"]),
    st.sampled_from([*DEPARTMENTS, "dissolved-office"]),
    st.floats(0, 1),
    st.none() | st.sampled_from(DEPARTMENTS),
    st.frozensets(st.sampled_from(DEPARTMENTS)),
)
def test_no_classifier_sends_a_complaint_to_whom_it_accuses_or_who_gave_it_back(
    text: str, label: str, probability: float, accused: str | None, tried: frozenset[str]
) -> None:
    decision = decide(received(text, accused=accused), zhenping(), tried, Says(label, probability))
    assert decision.department in POLICY.departments
    assert decision.department not in {decision.accused, accused}
    assert decision.department not in tried or decision.department in (OFFICE, DESK)


def test_a_prediction_ranks_its_guesses_and_tells_the_words_that_spoke_for_the_first() -> None:
    prediction = model().predict("昨天楼下自来水浑浊希望尽快")
    assert prediction.guesses[0].label == "water-supply"
    probabilities = [guess.probability for guess in prediction.guesses]
    assert probabilities == sorted(probabilities, reverse=True)
    assert any(word in "自来水浑浊" for word in prediction.telling)
    assert prediction.threshold == model().thresholds[0]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_the_telling_words_stand_in_the_text(text: str) -> None:
    assert all(word in comparable(text) for word in model().predict(text).telling)


def test_many_are_decided_as_each_alone() -> None:
    certain = replace(model(), thresholds=(0.0, 0.0))
    complaints = [
        received(text, title=title) for text in ("在吗", "公交", "河街口有人占道经营") for title in (None, "你好")
    ]
    together = decide_all(complaints, zhenping(), certain)
    alone = [decide(complaint, zhenping(), classifier=certain) for complaint in complaints]
    assert [(d.department, d.source, d.evidence) for d in together] == [
        (d.department, d.source, d.evidence) for d in alone
    ]
    assert DecisionSource.CLASSIFIER in {d.source for d in together}


def test_without_a_model_the_step_is_left_out() -> None:
    assert decide_all([received(VAGUE)], zhenping(), None)[0].department == DESK

from services.router.decide import Matcher, decide
from services.router.policies.dry_run import EXAMPLES, Changes, Replayed
from shared.language import DecisionSource
from shared.policy import Rule
from tests.unit.router.county import received, with_changes, zhenping

LAMPS = "新街路口的路灯坏了半个月"
TO_THE_POWER_COMPANY = Rule.model_validate(
    {"code": "lamps", "department": "power-supply", "why": "路灯改由供电公司维护。", "when": {"words": ["路灯"]}}
)


def replay(changed: Matcher, *texts: str, by_people: str | None = None) -> Changes:
    changes = Changes()
    complaints = [received(text) for text in texts]
    before = [decide(complaint, zhenping()) for complaint in complaints]
    replayed = [
        Replayed(complaint, was.department, was.source, by_people, was.co_handlers, was.implicated)
        for complaint, was in zip(complaints, before, strict=True)
    ]
    changes.add(replayed, [decide(complaint, changed) for complaint in complaints])
    return changes


def test_the_same_policy_changes_nothing() -> None:
    changes = replay(zhenping(), LAMPS, "在吗", "城管打人")
    assert (changes.total, changes.moved.total()) == (3, 0)
    assert (changes.co_handlers.total(), changes.accused.total()) == (0, 0)
    assert changes.steps_before == changes.steps_after


def test_a_changed_rule_shows_what_it_moves_with_examples() -> None:
    changed = with_changes(rules=(TO_THE_POWER_COMPANY, *zhenping().policy.rules))
    changes = replay(changed, *[f"{LAMPS}，第{number}盏" for number in range(5)], "在吗")
    pair = ("urban-management",), ("power-supply",)
    assert changes.moved.counted == {pair: 5}
    assert len(changes.moved.examples[pair]) == EXAMPLES
    told = "\n".join(changes.lines(changed.policy))
    assert "6 complaints replayed, 5 would go elsewhere" in told
    assert "路灯改由供电公司维护" in told
    move = changes.as_json(changed.policy)["moves"][0]
    assert (move["from"], move["to"], move["complaints"]) == ("urban-management", "power-supply", 5)


def test_other_co_handlers_are_counted_and_shown_though_nothing_goes_elsewhere() -> None:
    lamps = {"code": "lamps", "department": "urban-management", "why": "路灯由城管维护。", "when": {"words": ["路灯"]}}
    joint = Rule.model_validate(lamps | {"co_handlers": ["transport", "power-supply"]})
    changes = replay(with_changes(rules=(joint,)), LAMPS, LAMPS, "在吗")
    assert (changes.moved.total(), changes.co_handlers.total(), changes.accused.total()) == (0, 2, 0)
    told = "\n".join(changes.lines(zhenping().policy))
    assert "2 would have other co-handlers, 0 would accuse other departments" in told
    assert "2 co-handlers from nobody to power-supply, transport, such as\n    新街路口的路灯" in told
    [change] = changes.as_json(zhenping().policy)["co_handlers"]["changes"]
    assert (change["from"], change["to_names"], change["complaints"]) == ([], ["国网镇坪县供电公司", "交通运输局"], 2)


def test_whom_complaints_would_accuse_is_counted_and_shown_though_nothing_goes_elsewhere() -> None:
    departments = {**zhenping().policy.departments}
    for code, names in (("urban-management", ()), ("justice", ("城管",))):
        departments[code] = departments[code].model_copy(update={"short_names": names})
    changes = replay(with_changes(departments=departments), "城管打人", LAMPS)
    assert (changes.moved.total(), changes.accused.total()) == (0, 1)
    assert "1 accused from urban-management to justice, such as" in "\n".join(changes.lines(zhenping().policy))
    assert changes.as_json(zhenping().policy)["accused"]["changed"] == 1


def test_what_people_decided_says_which_policy_is_nearer_to_them() -> None:
    changed = with_changes(rules=(TO_THE_POWER_COMPANY, *zhenping().policy.rules))
    changes = replay(changed, LAMPS, by_people="power-supply")
    assert (changes.by_people, changes.right_before, changes.right_after) == (1, 0, 1)


def test_a_long_text_is_shown_by_its_beginning() -> None:
    changed = with_changes(rules=(TO_THE_POWER_COMPANY,))
    [(text, _)] = replay(changed, LAMPS * 20).moved.examples[("urban-management",), ("power-supply",)]
    assert len(text) < 70
    assert DecisionSource.RULE in replay(changed, LAMPS).steps_after

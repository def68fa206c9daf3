from confluent_kafka.admin import AclOperation, ResourcePatternType

from services.router.broker_logins import may


def test_a_department_is_named_in_everything_that_its_system_may_touch() -> None:
    assert {(each.name, each.operation) for each in may("water-supply")} == {
        ("departments.water-supply.assigned", AclOperation.READ),
        ("departments.water-supply.refusals", AclOperation.READ),
        ("departments.water-supply.actions", AclOperation.WRITE),
        ("water-supply.", AclOperation.READ),
    }


def test_no_group_of_a_department_whose_code_begins_alike_is_its_own() -> None:
    [group] = [each for each in may("water") if each.resource_pattern_type is ResourcePatternType.PREFIXED]
    assert not "water-supply.own-system".startswith(group.name)

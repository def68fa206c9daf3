"""The policy in force as the intake needs it: with its county made ready, and no mailbox left without a department."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from services.intake.county import County
from services.intake.mail.mailboxes import AnyMailbox
from services.intake.normalizing.coordinates import Coordinates
from shared.policy import Policy
from shared.policy_problems import PolicyInvalid, Problem


@dataclass(frozen=True, slots=True)
class InForce:
    policy: Policy
    county: County


def county_of(policy: Policy) -> County:
    return County(
        towns=policy.towns,
        urgent_words=policy.urgent_words,
        departments=policy.departments,
        words=_words_of(policy),
        positions={
            town: Coordinates(position.latitude, position.longitude) for town, position in policy.town_positions.items()
        },
        hotline=policy.triage_desk,
    )


def _words_of(policy: Policy) -> Iterator[str]:
    for matter in policy.matters.values():
        yield from (*matter.keywords, *matter.hints)
    for rule in policy.rules:
        yield from (*rule.when.words, *rule.when.and_words)
    for out in policy.out_of_scope:
        yield from out.words
    yield from policy.urgent_words


def making_ready(mailboxes: Iterable[AnyMailbox]) -> Callable[[Policy, InForce | None], InForce]:
    """What makes a policy ready; PolicyInvalid where it lacks the department of a mailbox, whose mail had no ticket."""

    def make(policy: Policy, _now: InForce | None) -> InForce:
        lacking = {box.department for box in mailboxes if box.department and box.department not in policy.departments}
        if lacking:
            raise PolicyInvalid(
                Problem("departments.yaml", 0, f"the mailbox of {code} is still read", "keep it, or remove the mailbox")
                for code in lacking
            )
        return InForce(policy, county_of(policy))

    return make

"""Invented complaints with labels, as many as a test needs."""

import random
from functools import cache

from services.router.classifier.classifier import Model
from services.router.classifier.examples import Example
from services.router.classifier.training import Trained, train

WORDS = {
    "water-supply": ("停水", "水管爆裂", "自来水浑浊", "水压太低"),
    "power-supply": ("停电", "电线垂落", "电压不稳", "变压器响"),
    "transport": ("公交晚点", "出租车拒载", "客车甩客", "站牌倒了"),
}
AROUND = ("昨天", "小区", "群众", "反映", "希望", "尽快", "门口", "附近", "一直", "楼下")


def examples(count: int, *, seed: int = 1, mistaken: float = 0.1, dated: bool = False) -> list[Example]:
    """Sentences of which a share carries another label, as in life."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    made = []
    for number in range(count):
        topic = chance.choice(list(WORDS))
        words = [*chance.sample(AROUND, 4), chance.choice(WORDS[topic]), chance.choice(AROUND), str(number)]
        label = chance.choice(list(WORDS)) if chance.random() < mistaken else topic
        date = f"2026-{1 + number * 9 // count:02}-01" if dated else None
        made.append(Example("".join(words), label, str(number), date, ()))
    return made


@cache
def trained() -> Trained:
    return train(examples(400))


def model() -> Model:
    return trained().model

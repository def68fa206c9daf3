"""Many complaints decided together: those that reach the classifier are read by it in one pass, and only those."""

from collections.abc import Sequence

from services.router.classifier.classifier import Foreseen, Guess, Model, Prediction
from services.router.decide import Matcher, decide, text_to_classify
from services.router.decision import Decision
from shared.events import ComplaintReceived

__all__ = ["decide_all"]


class _Asked:
    """Never sure of anything, and remembers that it was asked: the classifier comes after every other step."""

    def __init__(self, model: Model) -> None:
        self.hash = model.hash
        self.asked = False

    def predict(self, text: str) -> Prediction:  # noqa: ARG002  # it gives every text the same answer
        self.asked = True
        return Prediction((Guess("", 0.0),), 1.0, ())


def decide_all(complaints: Sequence[ComplaintReceived], matcher: Matcher, model: Model | None) -> list[Decision]:
    """The same decisions as one by one."""
    if model is None:
        return [decide(complaint, matcher) for complaint in complaints]
    decisions, unsure = [], []
    for at, complaint in enumerate(complaints):
        asked = _Asked(model)
        decisions.append(decide(complaint, matcher, classifier=asked))
        if asked.asked:
            unsure.append(at)
    foreseen = Foreseen(model, [text_to_classify(complaints[at]) for at in unsure])
    for at in unsure:
        decisions[at] = decide(complaints[at], matcher, classifier=foreseen)
    return decisions

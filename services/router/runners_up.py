"""Which departments a text speaks for, and how strongly: by the classifier's probabilities and by the keywords."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from services.router.classifier.classifier import Prediction
from services.router.rules import Score
from shared.language import DepartmentCode

__all__ = ["RUNNERS_UP", "RunnerUp", "percent", "ranked"]

RUNNERS_UP = 4
# What a person reads at a glance.
GUESSES = 3


class RunnerUp(NamedTuple):
    """A department that was considered; each measure is None where that step said nothing of it."""

    department: DepartmentCode
    # Calibrated, by the classifier.
    probability: float | None = None
    # The weight of its keywords, and how many words that were.
    points: float | None = None
    words: int | None = None

    def as_json(self) -> dict[str, Any]:
        said = {"probability": self.probability, "points": self.points, "words": self.words}
        return {"department": self.department, **{name: value for name, value in said.items() if value is not None}}


def ranked(
    departments: Collection[DepartmentCode],
    scores: Sequence[Score],
    prediction: Prediction | None = None,
    barred: Collection[DepartmentCode] = (),
) -> tuple[RunnerUp, ...]:
    """Who was considered, each once: first the classifier's best, then the best by the keywords."""
    spoken = {score.department: (score.points, len(score.words)) for score in scores}
    guessed = [
        RunnerUp(guess.label, round(guess.probability, 4), *spoken.get(guess.label, (None, None)))
        for guess in (prediction.guesses if prediction else ())
        if guess.label in departments and guess.label not in barred
    ][:GUESSES]
    known = {one.department for one in guessed}
    return (
        *guessed,
        *(RunnerUp(code, None, *said) for code, said in list(spoken.items())[:RUNNERS_UP] if code not in known),
    )


def percent(probability: float) -> str:
    """Cut off, not rounded: nothing is certain."""
    return f"{int(min(probability, 0.999) * 1000) / 10:g}%"

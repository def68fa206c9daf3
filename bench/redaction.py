"""``make bench-redaction``: precision and recall of the redaction on the labelled sentences in tests/data/redaction.

A number counts as found only where exactly what was labelled was replaced, by its own kind: half a number replaced is
a miss and a false alarm, and so is a bank card taken for a telephone.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.hotline import PROJECT
from shared.redaction import TOKENS, PersonalData, redact

DATA = PROJECT / "tests/data/redaction"
PARTS = ("development", "held-out")

_LABEL = re.compile(r"⟦(\w+) (.+?)⟧", re.DOTALL)
_KINDS = {token: kind for kind, token in TOKENS.items()}
_TOKEN = re.compile("|".join(map(re.escape, TOKENS.values())))
# A bracket or separator at a number's edge is neither its own nor its neighbour's.
_EDGE = " \t\xa0\u3000()（）-—:：,，"


@dataclass(frozen=True, slots=True)
class Number:
    kind: PersonalData
    written: str
    start: int


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    numbers: frozenset[Number]


@dataclass(slots=True)
class Score:
    """How many labelled numbers were found and missed, and how much was taken for one that is none."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    # What went wrong, a line each.
    wrong: list[str] = field(default_factory=list)

    def recall(self, kinds: Iterable[str] = tuple(PersonalData)) -> float:
        found, missed = (sum(counts[kind] for kind in kinds) for counts in (self.found, self.missed))
        return found / (found + missed) if found + missed else 1.0

    def precision(self, kinds: Iterable[str] = tuple(PersonalData)) -> float:
        found, false = (sum(counts[kind] for kind in kinds) for counts in (self.found, self.false))
        return found / (found + false) if found + false else 1.0


def read_part(part: str) -> list[Sentence]:
    lines = (DATA / f"{part}.txt").read_text(encoding="utf-8").splitlines()
    return [parse(line) for line in lines if line and not line.startswith("#")]


def parse(line: str) -> Sentence:
    r"""Read a labelled line such as ``请回⟦phone 13812345678⟧``; ``\n`` stands for a line break."""
    text, numbers, end = "", set(), 0
    line = line.replace("\\n", "\n")
    for label in _LABEL.finditer(line):
        text += line[end : label.start()]
        numbers.add(_number(PersonalData(label[1]), label[2], len(text)))
        text += label[2]
        end = label.end()
    return Sentence(text + line[end:], frozenset(numbers))


def replaced(text: str) -> frozenset[Number]:
    """What `redact` replaces in `text`, told from the outside: what stands where its tokens stand."""
    redacted = redact(text)
    kinds = [_KINDS[token] for token in _TOKEN.findall(redacted)]
    around = re.compile("(.+?)".join(map(re.escape, _TOKEN.split(redacted))), re.DOTALL)
    match = around.fullmatch(text)
    if match is None:
        raise ValueError(f"more than the numbers changed in {text!r}")
    return frozenset(_number(kind, match[i], match.start(i)) for i, kind in enumerate(kinds, start=1))


def _number(kind: PersonalData, written: str, start: int) -> Number:
    return Number(kind, written.strip(_EDGE), start + len(written) - len(written.lstrip(_EDGE)))


def measure(sentences: Sequence[Sentence]) -> Score:
    score = Score()
    for sentence in sentences:
        given = replaced(sentence.text)
        missed, false = sentence.numbers - given, given - sentence.numbers
        score.found.update(number.kind for number in sentence.numbers & given)
        score.missed.update(number.kind for number in missed)
        score.false.update(number.kind for number in false)
        if missed or false:
            said = ", ".join((*_told("missed", missed), *_told("false", false)))
            score.wrong.append(f"{sentence.text!r}: {said}")
    return score


def _told(verdict: str, numbers: Iterable[Number]) -> Iterator[str]:
    return (f"{verdict} {number.kind} {number.written!r}" for number in numbers)


def main(
    failures: Annotated[bool, typer.Option(help="Say which sentences went wrong.")] = False,
    page: Annotated[Path | None, typer.Option(help="Write the tables into this file.")] = None,
) -> None:
    console = Console(width=100, record=page is not None)
    for part in PARTS:
        sentences = read_part(part)
        score = measure(sentences)
        title = f"{part}: {len(sentences)} sentences, {sum(not s.numbers for s in sentences)} without a number"
        console.print(_table(title, score))
        if failures:
            for wrong in score.wrong:
                print(wrong)
    if page is not None:
        page.write_text(console.export_text(), encoding="utf-8")


def _table(title: str, score: Score) -> Table:
    table = Table("kind", "labelled", "found", "false", "recall", "precision", title=title)
    for name, kinds in (*((kind.value, (kind,)) for kind in PersonalData), ("all", tuple(PersonalData))):
        found, missed, false = (sum(counts[k] for k in kinds) for counts in (score.found, score.missed, score.false))
        figures = f"{score.recall(kinds):.4f}", f"{score.precision(kinds):.4f}"
        table.add_row(name, str(found + missed), str(found), str(false), *figures)
    return table


if __name__ == "__main__":
    typer.run(main)

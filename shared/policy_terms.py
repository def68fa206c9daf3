"""The file of terms: how long everything may take, and how the county counts it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from shared.counting import Counting, Season, Span, Starts
from shared.escalation import Escalation
from shared.language import Kind
from shared.policy import (
    DEFAULT_REPEAT_WINDOW,
    DEFAULT_RETENTION,
    CaseTerms,
    PolicyRecord,
    Statutory,
    Words,
    certainly_longer,
)
from shared.policy_lifecycle import ExplanationRules, ExtensionRules, ReturnRules, SuspensionRules
from shared.policy_problems import Problem
from shared.policy_yaml import Document
from shared.term import Term, Unit, not_shorter

__all__ = ["KindTerms", "TermsFile", "check_terms"]

_LEAP_YEAR = 2024


def _span(value: Any) -> Span:
    return value if isinstance(value, Span) else Span.parse(str(value))


def _month_day(value: Any) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"{_LEAP_YEAR}-{value}")
    except ValueError:
        raise ValueError(f"{value!r} is no day of the year; write month and day as '05-01'") from None
    return day.month, day.day


WrittenSpans = Annotated[tuple[Annotated[Span, BeforeValidator(_span)], ...], Field(min_length=1)]
MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]


class KindTerms(PolicyRecord):
    consultation: CaseTerms
    help: CaseTerms
    suggestion: CaseTerms
    praise: CaseTerms
    complaint: CaseTerms
    report: CaseTerms

    def by_kind(self) -> dict[Kind, CaseTerms]:
        return {kind: getattr(self, kind.value) for kind in Kind}


class WrittenSeason(PolicyRecord):
    first: MonthDay
    last: MonthDay
    hours: WrittenSpans


class TermsFile(PolicyRecord):
    # 24:00 where null.
    close_of_business: time | None
    starts: Starts = Starts.AT_ONCE
    office_hours: WrittenSpans | None = None
    seasons: tuple[WrittenSeason, ...] = ()
    ends_on_working_day: bool = True
    terms: KindTerms
    # What the law asks for beside the county's own promise, by kind; a matter may name its own.
    statutory: Mapping[Kind, Statutory] = {}
    urgent_terms: CaseTerms
    escalation: Escalation = Escalation()
    urgent_escalation: Escalation = Escalation()
    urgent_words: Words
    returns: ReturnRules = ReturnRules()
    suspension: SuspensionRules = SuspensionRules()
    extension: ExtensionRules = ExtensionRules()
    explanation: ExplanationRules = ExplanationRules()
    # Less than half a year would erase identities that a running review still needs; a slip must not do that.
    retention_days: Annotated[int, Field(ge=180, le=36_500)] = DEFAULT_RETENTION.days
    repeat_window_days: Annotated[int, Field(ge=1, le=366)] = DEFAULT_REPEAT_WINDOW.days

    @property
    def counting(self) -> Counting:
        return Counting(
            close_of_business=self.close_of_business,
            starts=self.starts,
            office_hours=self.office_hours or (),
            seasons=tuple(Season(season.first, season.last, season.hours) for season in self.seasons),
            ends_on_working_day=self.ends_on_working_day,
        )


def check_terms(document: Document, file: TermsFile) -> Iterator[Problem]:
    """Office hours are in order and seasons apart; what counts office hours has them; no promise outlasts the law."""
    if file.office_hours is not None:
        yield from _in_order(document, ("office_hours",), file.office_hours)
    elif file.seasons:
        yield document.problem(
            ("seasons",), "seasons stand without office_hours", "write office_hours for the rest of the year"
        )
    for place, season in enumerate(file.seasons):
        yield from _in_order(document, ("seasons", place, "hours"), season.hours)
        for earlier in file.seasons[:place]:
            if _overlap(season, earlier):
                yield document.problem(
                    ("seasons", place), "two seasons have days in common", "let one end the day before the other begins"
                )
    for path, term in _terms(file):
        if term.unit is Unit.WORKING_HOUR and file.office_hours is None:
            yield document.problem(path, f"{term} counts office hours, of which there are none", "write office_hours")
    for kind, statutory in file.statutory.items():
        committed = getattr(file.terms, kind).reply
        if certainly_longer(committed, statutory.reply):
            yield document.problem(
                ("statutory", kind, "reply"),
                f"the county gives itself {committed}, the law {statutory.reply}",
                f"shorten reply of {kind} to what the law allows",
            )
    yield from _urges(document, "escalation", file.escalation, file.terms.by_kind())
    yield from _urges(document, "urgent_escalation", file.urgent_escalation, {"urgent_terms": file.urgent_terms})


def _urges(
    document: Document, name: str, escalation: Escalation, terms: Mapping[Kind, CaseTerms] | Mapping[str, CaseTerms]
) -> Iterator[Problem]:
    """An urge comes after the warning and after the case: else it would be said of what nobody could have done yet."""
    for kind, each in terms.items():
        urge = escalation.reply.urge
        if urge and not_shorter(urge.before, each.warn_before):
            yield document.problem(
                (name, "reply", "urge", "before"),
                f"an urge {urge.before} ahead is not later than the warning of {kind}, {each.warn_before} ahead",
                f"write less than {each.warn_before}",
            )
        urge = escalation.acknowledge.urge
        if urge and not_shorter(urge.before, each.acknowledge):
            yield document.problem(
                (name, "acknowledge", "urge", "before"),
                f"an urge {urge.before} ahead would come before the case of {kind}, which has {each.acknowledge}",
                f"write less than {each.acknowledge}",
            )


def _in_order(document: Document, path: tuple[str | int, ...], spans: Sequence[Span]) -> Iterator[Problem]:
    for place, (one, following) in enumerate(pairwise(spans), start=1):
        if following.opens < one.closes:
            yield document.problem(
                (*path, place), f"{following} begins before {one} has ended", "write them in order, without overlap"
            )


def _overlap(one: WrittenSeason, other: WrittenSeason) -> bool:
    seasons = [Season(season.first, season.last, season.hours) for season in (one, other)]
    ends = [date(_LEAP_YEAR, *day) for season in seasons for day in (season.first, season.last)]
    return any(all(season.holds_on(day) for season in seasons) for day in ends)


def _terms(file: TermsFile) -> Iterator[tuple[tuple[str, ...], Term]]:
    for kind, terms in file.terms.by_kind().items():
        yield ("terms", kind, "acknowledge"), terms.acknowledge
        yield ("terms", kind, "reply"), terms.reply
    yield ("urgent_terms", "acknowledge"), file.urgent_terms.acknowledge
    yield ("urgent_terms", "reply"), file.urgent_terms.reply
    for kind, statutory in file.statutory.items():
        yield ("statutory", kind, "reply"), statutory.reply

"""What must hold between the entries of a policy and between its files."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from shared.policy import AccusationWords, Department, Matter, Rule, certainly_longer
from shared.policy_problems import Problem, suggest
from shared.policy_shapes import CountyFile, DepartmentsFile, MattersFile, RulesFile, ScopeFile
from shared.policy_terms import TermsFile
from shared.policy_yaml import Document
from shared.term import Unit

__all__ = [
    "check_accusations",
    "check_county",
    "check_departments",
    "check_matters",
    "check_rules",
    "check_scope",
    "check_statutory",
]

_Path = tuple[str | int, ...]


def check_departments(document: Document, file: DepartmentsFile) -> Iterator[Problem]:
    """Codes and names are unique; what people call a department leads to one department."""
    yield from _unique(document, "departments", "code", [d.code for d in file.departments])
    yield from _unique(document, "departments", "name", [d.name for d in file.departments])
    owner: dict[str, Department] = {}
    for place, department in enumerate(file.departments):
        for field in ("short_names", "titles"):
            for entry, word in enumerate(getattr(department, field)):
                first = owner.setdefault(word, department)
                if first is not department:
                    yield document.problem(
                        ("departments", place, field, entry),
                        f"{word!r} already means {first.code!r}",
                        "keep it with one of the two departments",
                    )
                elif word in getattr(department, field)[:entry]:
                    yield _twice(document, ("departments", place, field, entry), word)


def check_county(document: Document, file: CountyFile, departments: Collection[str]) -> Iterator[Problem]:
    yield from _known(document, ("triage_desk",), file.triage_desk, "department", departments)
    yield from _known(document, ("supervision_office",), file.supervision_office, "department", departments)
    if file.triage_desk == file.supervision_office:
        yield document.problem(
            ("supervision_office",),
            f"{file.supervision_office!r} is the triage desk as well, so a complaint about it has nowhere to go",
            "write two different departments",
        )
    yield from _no_repeats(document, ("towns",), file.towns)
    for town in file.town_positions:
        yield from _known(document, ("town_positions", town), town, "town", file.towns)


def check_matters(document: Document, file: MattersFile, departments: Collection[str]) -> Iterator[Problem]:
    """A keyword may stand in several matters (噪音 is everybody's word): the router divides its weight among them."""
    yield from _unique(document, "matters", "code", [m.code for m in file.matters])
    for place, matter in enumerate(file.matters):
        yield from _known(document, ("matters", place, "department"), matter.department, "department", departments)
        yield from _no_repeats(document, ("matters", place, "keywords"), matter.keywords)
        for entry, hint in enumerate(matter.hints):
            if hint in matter.keywords or hint in matter.hints[:entry]:
                yield document.problem(
                    ("matters", place, "hints", entry),
                    f"{hint!r} is a word of {matter.code!r} already",
                    "keep it once, as a keyword or as a hint",
                )
    yield from _same_keywords(document, file.matters)


def check_rules(
    document: Document,
    file: RulesFile,
    departments: Collection[str],
    matters: Mapping[str, str],
    towns: Collection[str],
) -> Iterator[Problem]:
    """`matters` gives the department of each matter."""
    yield from _unique(document, "rules", "code", [r.code for r in file.rules])
    for place, rule in enumerate(file.rules):
        at: _Path = ("rules", place)
        if rule.department is not None:
            yield from _known(document, (*at, "department"), rule.department, "department", departments)
        if rule.matter is not None:
            yield from _known(document, (*at, "matter"), rule.matter, "matter", matters)
        for entry, matter in enumerate(rule.when.matters):
            yield from _known(document, (*at, "when", "matters", entry), matter, "matter", matters)
        for entry, town in enumerate(rule.when.places):
            yield from _known(document, (*at, "when", "places", entry), town, "town", towns)
        yield from _co_handlers(document, at, rule, rule.department or matters.get(rule.matter or ""), departments)
        yield from _contradiction(document, at, rule)


def check_scope(document: Document, file: ScopeFile) -> Iterator[Problem]:
    yield from _unique(document, "out_of_scope", "code", [entry.code for entry in file.out_of_scope])
    for place, entry in enumerate(file.out_of_scope):
        yield from _no_repeats(document, ("out_of_scope", place, "words"), entry.words)


def check_statutory(document: Document, file: MattersFile, terms: TermsFile) -> Iterator[Problem]:
    """The term that the law sets for a matter is counted as the county counts, and no shorter than its promises."""
    for place, matter in enumerate(file.matters):
        if matter.statutory is None:
            continue
        term, path = matter.statutory.reply, ("matters", place, "statutory", "reply")
        if term.unit is Unit.WORKING_HOUR and terms.office_hours is None:
            yield document.problem(path, f"{term} counts office hours, of which there are none", "write office_hours")
        too_long = [kind for kind, promised in terms.terms.by_kind().items() if certainly_longer(promised.reply, term)]
        if too_long:
            yield document.problem(
                path,
                f"the law gives {matter.code!r} {term}, less than the terms of {', '.join(too_long)}",
                "shorten those in terms.yaml",
            )


def check_accusations(
    document: Document,
    words: AccusationWords,
    departments: Collection[str],
) -> Iterator[Problem]:
    for phrase, department in words.implied.items():
        yield from _known(document, ("implied", phrase), department, "department", departments)
    first: dict[str, str] = {}
    for field in ("inaction", "attitude", "misconduct", "local_officials", "others", "staff", "appeals"):
        for entry, word in enumerate(getattr(words, field)):
            if word in first:
                yield document.problem(
                    (field, entry), f"{word!r} stands in {first[word]} already", "keep one of the two"
                )
            first.setdefault(word, field)
    for entry, word in enumerate(words.of_office):
        if word not in (*words.inaction, *words.attitude, *words.misconduct):
            yield document.problem(
                ("of_office", entry),
                f"{word!r} is no word of accusation",
                "write it under inaction, attitude or misconduct as well",
            )


def _known(document: Document, path: _Path, code: str, what: str, known: Collection[str]) -> Iterator[Problem]:
    if code not in known:
        yield document.problem(path, f"unknown {what} {code!r}", suggest(code, known))


def _unique(document: Document, entries: str, field: str, values: Sequence[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for place, value in enumerate(values):
        if value in first:
            line = document.line((entries, first[value], field))
            yield document.problem(
                (entries, place, field),
                f"the {field} {value!r} is taken, see line {line}",
                f"write another {field}, or merge the two entries",
            )
        first.setdefault(value, place)


def _no_repeats(document: Document, path: _Path, words: Sequence[str]) -> Iterator[Problem]:
    for place, word in enumerate(words):
        if word in words[:place]:
            yield _twice(document, (*path, place), word)


def _twice(document: Document, path: _Path, word: str) -> Problem:
    return document.problem(path, f"{word!r} stands in this list twice", "keep one of the two")


def _same_keywords(document: Document, matters: Iterable[Matter]) -> Iterator[Problem]:
    """Two matters of different departments with the very same keywords can never be told apart."""
    first: dict[frozenset[str], Matter] = {}
    for place, matter in enumerate(matters):
        other = first.setdefault(frozenset(matter.keywords), matter)
        if other.department != matter.department:
            yield document.problem(
                ("matters", place, "keywords"),
                f"{matter.code!r} has the same keywords as {other.code!r} of {other.department!r}",
                "give each a keyword of its own, or merge the two",
            )


def _co_handlers(
    document: Document, at: _Path, rule: Rule, lead: str | None, departments: Collection[str]
) -> Iterator[Problem]:
    for entry, code in enumerate(rule.co_handlers):
        path = (*at, "co_handlers", entry)
        yield from _known(document, path, code, "department", departments)
        if code == lead:
            yield document.problem(path, f"{code!r} leads already and cannot help itself", "name another department")
    yield from _no_repeats(document, (*at, "co_handlers"), rule.co_handlers)


def _contradiction(document: Document, at: _Path, rule: Rule) -> Iterator[Problem]:
    for entry, word in enumerate(rule.when.without_words):
        if rule.when.words == (word,) or rule.when.and_words == (word,):
            yield document.problem(
                (*at, "when", "without_words", entry),
                f"rule {rule.code!r} asks for {word!r} and excludes it, so it can never hold",
                "remove it from one of the two lists",
            )

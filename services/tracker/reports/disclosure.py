"""What everybody may know (公示): each department's duties, its terms, and the results of the last full month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.tracker.reports.report_tables import Table
from services.tracker.reports.reports import RATES, Counts, Measure, Month, numbers, rate
from shared.language import Kind
from shared.policy import CaseTerms, DepartmentKind, Matter, Policy
from shared.term import Term, Unit

# Of fewer people than this their neighbours might know who they are, so no number and no rate is told of them.
FEWEST = 5

KIND_IN_CHINESE: Mapping[Kind, str] = {
    Kind.CONSULTATION: "咨询",
    Kind.HELP: "求助",
    Kind.SUGGESTION: "建议",
    Kind.PRAISE: "表扬",
    Kind.COMPLAINT: "投诉",
    Kind.REPORT: "举报",
}
_UNIT_IN_CHINESE: Mapping[Unit, str] = {
    Unit.WORKING_DAY: "个工作日",
    Unit.CALENDAR_DAY: "日",
    Unit.WORKING_HOUR: "个办公小时",
    Unit.HOUR: "小时",
    Unit.MINUTE: "分钟",
}
_ANSWERING = (DepartmentKind.GOVERNMENT, DepartmentKind.PUBLIC_UTILITY)


@dataclass(frozen=True, slots=True)
class Results:
    """A month's numbers of one department; None is a number of too few people, or a rate of nothing."""

    received: int | None
    rates: Mapping[str, float | None]
    withheld: bool


@dataclass(frozen=True, slots=True)
class Disclosed:
    code: str
    name: str
    matters: Sequence[Matter]
    results: Results


def disclosed(policy: Policy, counts: Mapping[str, Counts]) -> Sequence[Disclosed]:
    """Every department that answers complaints, in the policy's order; without the desks that only pass them on."""
    return [
        Disclosed(
            code,
            department.name,
            [matter for matter in policy.matters.values() if matter.department == code],
            results(counts.get(code, {})),
        )
        for code, department in policy.departments.items()
        if department.kind in _ANSWERING
    ]


def results(counts: Counts) -> Results:
    """What may be told of the counts; no county's total stands beside it, from which what is withheld would follow."""
    found = numbers(counts)
    wholes = {name: sum(found[one] for one in whole) for name, (_, whole) in RATES.items()}
    received = found[Measure.RECEIVED]
    return Results(
        None if _few(received) else received,
        {name: None if _few(whole) else rate(found[RATES[name][0]], whole) for name, whole in wholes.items()},
        any(map(_few, (received, *wholes.values()))),
    )


def _few(people: int) -> bool:
    # That there was nobody tells of nobody.
    return 0 < people < FEWEST


def in_chinese(term: Term) -> str:
    """10个工作日."""
    return f"{term.amount}{_UNIT_IN_CHINESE[term.unit]}"


def terms(policy: Policy) -> Sequence[tuple[str, str, str]]:
    """By what is asked for: until when it is acknowledged, and answered."""
    kinds: Iterable[tuple[str, CaseTerms]] = (
        *((KIND_IN_CHINESE[kind], its) for kind, its in policy.terms.items()),
        ("紧急", policy.urgent_terms),
    )
    return [(name, in_chinese(its.acknowledge), in_chinese(its.reply)) for name, its in kinds]


# Each column: its name, its type in a table schema, its title, and what it says.
_COLUMNS: Sequence[tuple[str, str, str, str]] = (
    ("code", "string", "单位代码", "Code of the department."),
    ("department", "string", "承办单位", "Name of the department."),
    ("duties", "string", "职责事项及依据", "Matters that it answers for, each with its legal basis."),
    ("terms", "string", "办理时限", "Until when it acknowledges and answers, by kind of complaint."),
    ("month", "yearmonth", "统计月份", "Calendar month of Asia/Shanghai that the results are of."),
    ("received", "integer", "受理量", "Complaints received; empty where there were 1 to 4."),
    ("response_rate", "number", "响应率", "Per cent; empty where it would be of fewer than 5, or of nothing."),
    ("on_time_rate", "number", "按时答复率", "Per cent; empty as above."),
    ("resolution_rate", "number", "解决率", "Per cent; empty as above."),
    ("satisfaction_rate", "number", "满意率", "Per cent; empty as above."),
    ("withheld", "boolean", "是否有隐去的数字", "Whether a number is empty because it would be of fewer than 5."),
)


def schema() -> dict[str, Any]:
    """The table schema of the CSV file, by https://specs.frictionlessdata.io/table-schema/."""
    return {
        "fields": [
            {"name": name, "type": kind, "title": title, "description": said, **_constraints(name)}
            for name, kind, title, said in _COLUMNS
        ],
        "primaryKey": ["code", "month"],
        "missingValues": [""],
    }


def _constraints(name: str) -> dict[str, Any]:
    if name.endswith("_rate"):
        return {"constraints": {"minimum": 0, "maximum": 100}}
    return {"constraints": {"required": name in {"code", "department", "month", "withheld"}}}


def table(policy: Policy, month: Month, departments: Sequence[Disclosed]) -> Table:
    """The open data: a row for each department."""
    promised = "；".join(
        f"{name}：{acknowledged}内签收，{answered}内答复" for name, acknowledged, answered in terms(policy)
    )
    return Table(
        "disclosure",
        [name for name, *_ in _COLUMNS],
        [
            (
                *(one.code, one.name, "；".join(map(_duty, one.matters)), promised, str(month), one.results.received),
                *(one.results.rates[name] for name in ("response", "on_time", "resolution", "satisfaction")),
                str(one.results.withheld).lower(),
            )
            for one in departments
        ],
    )


def _duty(matter: Matter) -> str:
    return matter.name + (f"（{'、'.join(matter.legal_basis)}）" if matter.legal_basis else "")

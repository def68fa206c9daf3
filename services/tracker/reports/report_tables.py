"""A month's report as tables of words and numbers, the same for the page, CSV, XLSX and PDF."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cell = str | int | float | None

COUNTY = "全县合计"
# Each column's heading and where its number stands in the figures.
COLUMNS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("受理量 received", ("counts", "received")),
    ("环比% on month", ("month_before", "change", "received")),
    ("同比% on year", ("year_before", "change", "received")),
    ("响应率% response", ("rates", "response")),
    ("按时答复率% on time", ("rates", "on_time")),
    ("解决率% resolution", ("rates", "resolution")),
    ("满意率% satisfaction", ("rates", "satisfaction")),
    ("逾期签收 acknowledged late", ("counts", "acknowledged_late")),
    ("逾期答复 answered late", ("counts", "answered_late")),
    ("办结 closed", ("counts", "closed")),
    ("二次办理 reworked", ("counts", "reworked")),
    ("申请退单 returns asked", ("counts", "returns_asked")),
    ("同意退单 returns granted", ("counts", "returns_granted")),
    ("申请延期 extensions asked", ("counts", "extensions_asked")),
    ("同意延期 extensions granted", ("counts", "extensions_granted")),
    ("月末超期未办 overdue", ("counts", "overdue")),
    ("疑似不作为 suspected", ("counts", "suspected")),
    ("待说明 awaiting explanation", ("counts", "awaiting_explanation")),
    ("待认定 awaiting verdict", ("counts", "awaiting_verdict")),
    ("已认定 confirmed", ("counts", "confirmed")),
    ("已排除 dismissed", ("counts", "dismissed")),
)
_DETAILS = (
    ("渠道 channel", "received_by_channel"),
    ("类别 kind", "received_by_kind"),
    ("事项 matter", "received_by_matter"),
    ("疑似不作为 suspected", "suspected_by_kind"),
    ("已认定 confirmed", "confirmed_by_kind"),
    ("已排除 dismissed", "dismissed_by_kind"),
)


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def by_department(report: Mapping[str, Any]) -> Table:
    """A line for each department, the county's first; an empty cell where there is nothing to compare or to divide."""
    lines = [(COUNTY, "", report["county"]), *((one["name"], one["code"], one) for one in report["departments"])]
    return Table(
        f"{report['month']} 月报",
        ("承办单位 department", "代码 code", *(heading for heading, _ in COLUMNS)),
        [(name, code, *(_at(figures, path) for _, path in COLUMNS)) for name, code, figures in lines],
    )


def by_detail(report: Mapping[str, Any]) -> Table:
    """The county by channel, kind and matter, and its inaction by kind, suspected, confirmed and dismissed apart."""
    return Table(
        "分类统计",
        ("统计口径 by", "代码 code", "数量 number"),
        [(heading, code, number) for heading, name in _DETAILS for code, number in report["county"][name].items()],
    )


def by_incident(report: Mapping[str, Any]) -> Table:
    """The incidents (同一事件) of which most people told in the month: its hot spots (热点)."""
    return Table(
        "热点事件",
        ("诉求数 complaints", "地点 place", "事项 matter", "主要承办单位 department", "代码 code", "事件 incident"),
        [
            (
                one["received"],
                one["place"],
                one["matter"],
                one["department_name"],
                one["department"],
                str(one["incident_id"]),
            )
            for one in report["incidents"]
        ],
    )


def _at(figures: Mapping[str, Any], path: Sequence[str]) -> Cell:
    value: Any = figures
    for step in path:
        value = value[step]
    cell: Cell = value
    return cell


def defused(cell: Cell) -> Cell:
    """The cell so that no spreadsheet program runs it as a formula."""
    if isinstance(cell, str) and cell.lstrip()[:1] in {"=", "+", "-", "@", "＝", "＋", "－", "＠"}:
        return f"'{cell}"
    return cell


def defused_rows(table: Table) -> Iterator[list[Cell]]:
    """Headings and rows for a spreadsheet."""
    yield [defused(heading) for heading in table.headings]
    for row in table.rows:
        yield [defused(cell) for cell in row]

"""Monthly reports over HTTP: JSON, CSV, XLSX, PDF and a page, and the list of cases behind each figure."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from services.tracker import store
from services.tracker.api import Limit
from services.tracker.api import page as in_pages
from services.tracker.incidents import incidents_store
from services.tracker.reports.report_files import as_csv, as_xlsx
from services.tracker.reports.report_pdf import as_pdf
from services.tracker.reports.report_tables import by_department, by_detail, by_incident
from services.tracker.reports.reports import HOT_SPOTS, Measure, Month, report
from services.tracker.reports.reports_store import count_facts, list_facts
from shared.auth import Role, allow
from shared.china_time import local_time
from shared.http import Problem
from shared.language import DepartmentCode
from shared.pages import Pages
from shared.policy import Policy
from shared.postgres import Pool

TEMPLATES = Path(__file__).parents[1] / "templates"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_SUPERVISION = allow(Role.SUPERVISOR, Role.ADMINISTRATOR)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def add_reports_routes(app: FastAPI, policy: Callable[[], Policy], pool: Pool) -> None:
    """`policy` gives the one in force at the moment."""
    pages = Pages(TEMPLATES)

    async def read(written: str) -> dict[str, Any]:
        return await monthly_report(pool, policy(), await begun_month(pool, written))

    @app.get("/v1/reports/monthly/{month}.csv", tags=["reports"], dependencies=[_SUPERVISION])
    async def in_csv(month: str) -> Response:
        """The report's table of departments, for any program."""
        found = await read(month)
        return _file(as_csv(by_department(found)), "text/csv; charset=utf-8", f"monthly-{month}.csv")

    @app.get("/v1/reports/monthly/{month}.xlsx", tags=["reports"], dependencies=[_SUPERVISION])
    async def in_xlsx(month: str) -> Response:
        """The report as a workbook."""
        found = await read(month)
        book = await asyncio.to_thread(as_xlsx, [by_department(found), by_detail(found), by_incident(found)])
        return _file(book, XLSX, f"monthly-{month}.xlsx")

    @app.get("/v1/reports/monthly/{month}.pdf", tags=["reports"], dependencies=[_SUPERVISION])
    async def in_pdf(month: str) -> Response:
        """The report to be printed and circulated."""
        found = await read(month)
        title, note = f"{policy().county} {month} 接诉即办月报", f"统计时间 {local_time(found['at'])}"
        sheets = await asyncio.to_thread(
            as_pdf, title, note, [by_department(found), by_detail(found), by_incident(found)]
        )
        return _file(sheets, "application/pdf", f"monthly-{month}.pdf")

    @app.get("/v1/reports/monthly/{month}", tags=["reports"], dependencies=[_SUPERVISION])
    async def monthly(month: str) -> dict[str, Any]:
        """The month of the county and of each department, beside the month before and the same one a year before."""
        return await read(month)

    @app.get("/v1/reports/monthly/{month}/cases", tags=["reports"], dependencies=[_SUPERVISION])
    async def cases_behind(
        month: str,
        measure: Measure,
        department: DepartmentCode | None = None,
        detail: Annotated[str | None, Query(pattern=r"^[a-z0-9_-]{0,64}$")] = None,
        after: Annotated[str | None, Query(max_length=60)] = None,
        limit: Limit = 100,
    ) -> dict[str, Any]:
        """What a figure counted, oldest first; `next` is the `after` of the following page, absent on the last."""
        begun = await begun_month(pool, month)
        behind = None if after is None else _from_cursor(after)
        rows = await list_facts(pool, begun, measure, department, detail, behind, limit)
        items = [dict(row) for row in rows]
        return {"items": items, **({"next": _cursor(items[-1])} if len(items) == limit else {})}

    @app.get("/v1/reports/monthly/{month}/incidents/{incident_id}", tags=["reports"], dependencies=[_SUPERVISION])
    async def incident_behind(
        month: str, incident_id: UUID, after: UUID | None = None, limit: Limit = 100
    ) -> dict[str, Any]:
        """The month's cases of an incident, those that `received` of the report's `incidents` counts."""
        begun = await begun_month(pool, month)
        rows = await incidents_store.list_opened(pool, begun.start, begun.end, incident_id, after, limit)
        return in_pages([dict(row) for row in rows], "complaint_id", limit)

    @app.get("/reports/monthly/{month}", include_in_schema=False, dependencies=[_SUPERVISION])
    async def page(request: Request, month: str) -> Response:
        found = await read(month)
        return pages.render(
            request, "monthly.html", county=policy().county, month=month, final=found["final"],
            at=local_time(found["at"]), compared=found["compared_with"],
            tables=[by_department(found), by_detail(found), by_incident(found)],
        )  # fmt: skip


async def begun_month(pool: Pool, written: str) -> Month:
    """The month that is meant; Problem 422 where it is none, 404 where it has not begun."""
    try:
        month = Month.parse(written)
    except ValueError:
        raise Problem(422, "月份应写作 2026-11。", "Write the month as in 2026-11.") from None
    if month > Month.of(await store.present(pool)):
        raise Problem(404, "该月尚未开始，没有月报。", "The month has not begun, so there is no report of it.")
    return month


async def monthly_report(pool: Pool, policy: Policy, month: Month) -> dict[str, Any]:
    """All three months as of one instant."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        at = await store.present(connection)
        three = [await count_facts(connection, month.plus(months)) for months in (0, -1, -12)]
        opened = await incidents_store.count_opened(connection, month.start, month.end, HOT_SPOTS)
    names = {code: department.name for code, department in policy.departments.items()}
    incidents = [{**row, "department_name": policy.name_of(row["department"])} for row in opened]
    return {**report(month, at, names, *three), "incidents": incidents}


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def _cursor(item: dict[str, Any]) -> str:
    return f"{(item['at'] - _EPOCH) // _MICROSECOND}.{item['fact_id']}"


def _from_cursor(written: str) -> tuple[datetime, UUID]:
    at, _, fact_id = written.partition(".")
    try:
        return _EPOCH + int(at) * _MICROSECOND, UUID(fact_id)
    except (ValueError, OverflowError):
        raise Problem(422, "after 不是上一页的 next。", "`after` is not the `next` of a page.") from None

"""Open311 GeoReport v2 in the county's terms: its matters are the services, its complaints the service requests.

Shown in public is what came in by Open311 and no other complaint, and of that neither words nor pictures nor any place
more exact than the town (docs/decisions/0012-open311-and-attachments.md).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake.county import County
from services.intake.open311.open311_rendering import Listing, Row, Single
from services.intake.ticket import is_ticket_number
from shared.china_time import CHINA_TIME
from shared.language import DepartmentCode
from shared.policy import DepartmentKind, Matter, Policy

LONGEST_SPAN = timedelta(days=90)
MOST_REQUESTS = 1000


class Open311Error(Exception):
    """What an app is told when a request cannot be done.

    `status` is 404 for what does not exist, 403 for a wrong key and 400 for all else, as the specification has it;
    `code` may be more exact. Of calls that come too often it says nothing: they are 429, with the seconds to wait.
    """

    def __init__(
        self, status: int, zh: str, en: str, *, code: int | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{zh} {en}")
        self.status = status
        self.code = code or status
        self.retry_after = retry_after

    def answer(self) -> Listing:
        return Listing("errors", "error", [{"code": self.code, "description": str(self)}])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for; an empty `services` means all."""

    start: datetime
    end: datetime
    closed: tuple[bool, ...] = (False, True)
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """All that is known here of a request that everybody may see."""

    ticket_number: str
    service_code: str
    requested_at: datetime
    updated_at: datetime
    closed: bool
    # As it was given; only the town in it is shown.
    place: str | None
    department: DepartmentCode | None


def services(policy: Policy) -> Listing:
    return Listing("services", "service", [_service(policy, matter) for matter in policy.matters.values()])


def service_definition(policy: Policy, code: str) -> Single:
    """No service asks for more than the specification's own fields."""
    return Single("service_definition", {"service_code": matter_of(policy, code).code, "attributes": ()})


def matter_of(policy: Policy, code: str) -> Matter:
    """The matter that a service code names; Open311Error where there is none."""
    if not code:
        raise Open311Error(400, "缺少 service_code。", "service_code is missing.")
    try:
        return policy.matters[code]
    except KeyError:
        raise Open311Error(
            404,
            "没有这个 service_code，请从 services 列表中选取。",
            "There is no such service_code; please take one from the list of services.",
        ) from None


def _service(policy: Policy, matter: Matter) -> Row:
    department = policy.name_of(matter.department)
    basis = f"依据：{'、'.join(matter.legal_basis)}。" if matter.legal_basis else ""
    return {
        "service_code": matter.code,
        "service_name": matter.name,
        "description": f"由{department}承办。{basis}",
        "metadata": False,
        "type": "realtime",
        "keywords": ", ".join(matter.keywords),
        "group": department,
    }


# Desks within the hotline: that a case lies at the supervision office says that it accuses somebody.
_NAMED_IN_PUBLIC = frozenset({DepartmentKind.GOVERNMENT, DepartmentKind.PUBLIC_UTILITY})


def requests(found: Iterable[PublicRequest], policy: Policy, county: County) -> Listing:
    return Listing("service_requests", "request", [_request(one, policy, county) for one in found])


def _request(request: PublicRequest, policy: Policy, county: County) -> Row:
    matter = policy.matters.get(request.service_code)
    department = policy.departments.get(request.department) if request.department else None
    town = county.town_in(request.place) if request.place else None
    return {
        "service_request_id": request.ticket_number,
        "status": "closed" if request.closed else "open",
        "status_notes": None,
        # A matter that the policy has dropped keeps its code.
        "service_name": matter.name if matter else request.service_code,
        "service_code": request.service_code,
        "description": None,
        "agency_responsible": department.name if department and department.kind in _NAMED_IN_PUBLIC else None,
        "service_notice": None,
        "requested_datetime": written(request.requested_at),
        "updated_datetime": written(request.updated_at),
        "expected_datetime": None,
        "address": f"{town}，{policy.county}" if town else policy.county,
        "address_id": None,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }


def written(moment: datetime) -> str:
    return moment.astimezone(CHINA_TIME).isoformat(timespec="seconds")


def submitted(ticket_number: str, query_code: str, *, media_ignored: bool) -> Listing:
    notice = (
        f"查询码：{query_code}。请妥善保管：凭工单编号和查询码可查询办理进度、补充照片。"
        f" Query code: {query_code}. Keep it: with it and the request's id you can follow it and add photographs."
    )
    if media_ignored:
        notice += (
            " media_url 所指内容未获取，请用附件接口上传照片。"
            " What media_url points to was not fetched; please send photographs as attachments."
        )
    row: Row = {"service_request_id": ticket_number, "service_notice": notice, "account_id": None}
    return Listing("service_requests", "request", [row])


def token_answer(ticket_number: str) -> Listing:
    """Requests get their id at once, so an id is its own token."""
    row: Row = {"service_request_id": ticket_number, "token": ticket_number}
    return Listing("service_requests", "request", [row])


def ticket_numbers(given: Sequence[str]) -> list[str]:
    """The ids of a comma-delimited list; what can be nobody's is left out. Open311Error where they are too many."""
    ids = _listed(given)
    if len(ids) > MOST_REQUESTS:
        raise Open311Error(
            400,
            f"service_request_id 过多，最多 {MOST_REQUESTS} 个。",
            f"There are too many of service_request_id; at most {MOST_REQUESTS} are answered.",
        )
    return [one for one in ids if is_ticket_number(one)]


_STATUSES: Mapping[str, bool] = {"open": False, "closed": True}


def wanted(
    policy: Policy,
    *,
    service_code: Sequence[str],
    status: Sequence[str],
    start_date: str | None,
    end_date: str | None,
    now: datetime,
) -> Wanted:
    """What the filters ask for; Open311Error says which of them is wrong. What is empty counts as not given."""
    statuses = _listed(status) or list(_STATUSES)
    if not _STATUSES.keys() >= set(statuses):
        raise Open311Error(400, "status 应为 open 或 closed。", "status must be open or closed.")
    start, end = _moment("start_date", start_date), _moment("end_date", end_date)
    if start is None:
        end = end or now
        start = end - LONGEST_SPAN
    elif end is None:
        end = min(now, start + LONGEST_SPAN)
    if start > end:
        raise Open311Error(400, "start_date 晚于 end_date。", "start_date is later than end_date.")
    if end - start > LONGEST_SPAN:
        days = LONGEST_SPAN.days
        raise Open311Error(
            400, f"起止时间相距不得超过 {days} 天。", f"start_date and end_date may lie {days} days apart at most."
        )
    codes = tuple(matter_of(policy, code).code for code in _listed(service_code))
    return Wanted(start, end, tuple(_STATUSES[one] for one in statuses), codes)


def _listed(given: Sequence[str]) -> list[str]:
    """Each entry once, in order."""
    return list(dict.fromkeys(entry.strip() for one in given for entry in one.split(",") if entry.strip()))


# The W3C note's form with a time; in an address an unescaped plus arrives as a space.
_W3C = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)(Z|[-+ ][0-9]{2}:[0-9]{2})"
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


def _moment(name: str, given: str | None) -> datetime | None:
    if given is None or not given.strip():
        return None
    match = _W3C.fullmatch(given.strip())
    try:
        if match is None:
            raise ValueError  # noqa: TRY301  # the same sentence as for the 30th of February
        moment = datetime.fromisoformat(match[1] + match[2].replace(" ", "+"))
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise ValueError  # noqa: TRY301
    except ValueError:
        raise Open311Error(
            400,
            f"{name} 应写成 2026-01-01T00:00:00+08:00 这样的格式，须写明时区。",
            f"{name} must be written as in 2026-01-01T00:00:00Z, with its offset.",
        ) from None
    return moment

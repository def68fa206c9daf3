"""The routes of the Open311 GeoReport v2 façade under ``/open311/v2``, in JSON and XML."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Query, Request, Response

from services.intake.open311.open311 import Open311Error
from services.intake.open311.open311_facade import Open311
from services.intake.open311.open311_rendering import Answer, Format, render
from services.intake.submitting import MAX_SUBMISSION
from shared.auth import open_to_all
from shared.rate_limits import LimitedByClient, TooMany

_BASE = "/open311/v2"
# A body that is too large is refused here, in the specification's form; the framework's limit does not know it. No
# route reads more than MAX_SUBMISSION.
_ANY_BODY = 2**63


class _Limited(LimitedByClient):
    """The limit of a client's calls, told in the specification's form."""

    async def __call__(self, request: Request) -> None:
        try:
            await super().__call__(request)
        except TooMany as too_many:
            seconds = too_many.retry_after
            raise Open311Error(
                429,
                f"请求过于频繁，请{seconds}秒后重试。",
                f"That was too often; try again in {seconds} s.",
                retry_after=seconds,
            ) from None


_READING = [
    open_to_all("the specification asks for no key here, and nothing is shown that is not public"),
    Depends(_Limited("600/minute")),
]
# An app's server submits for many people.
_SUBMITTING = [
    open_to_all("the specification's api_key stands in for a token; without a known one nothing is taken"),
    Depends(_Limited("600/minute")),
]
_TEXTS = (
    "api_key",
    "service_code",
    "jurisdiction_id",
    "address_string",
    "address_id",
    "description",
    "email",
    "first_name",
    "last_name",
    "phone",
    "device_id",
    "account_id",
    "media_url",
)
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["api_key", "service_code"],
    "properties": {name: {"type": "string"} for name in _TEXTS} | {one: {"type": "number"} for one in ("lat", "long")},
}

Ending = Annotated[str, Path(description="json or xml")]
Several = Annotated[list[str], Query(default_factory=list, description="Separated by commas, or given several times.")]
Moment = Annotated[str | None, Query(description="As in 2026-01-01T00:00:00+08:00.")]


def add_open311_routes(app: FastAPI, facade: Open311) -> None:
    @app.exception_handler(Open311Error)
    async def on_error(request: Request, error: Open311Error) -> Response:
        ending = request.url.path.rpartition(".")[2]
        response = _response(error.answer(), Format.JSON if ending == Format.JSON else Format.XML, error.status)
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    _add_reading(app, facade)
    _add_submitting(app, facade)

    @app.api_route(
        f"{_BASE}/{{rest:path}}",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        include_in_schema=False,
        max_body_size=_ANY_BODY,
        dependencies=[open_to_all("it only says that there is nothing here")],
    )
    async def nothing_here(rest: str) -> Response:  # noqa: ARG001  # whatever it is
        raise _nothing_here()


def _add_reading(app: FastAPI, facade: Open311) -> None:
    @app.get(
        f"{_BASE}/services.{{ending}}",
        tags=["Open311"],
        dependencies=_READING,
        response_class=Response,
        max_body_size=_ANY_BODY,
    )
    async def list_services(ending: Ending) -> Response:
        """The county's matters, each with the department that answers for it."""
        return _response(facade.services(), _format(ending))

    @app.get(
        f"{_BASE}/services/{{service_code}}.{{ending}}",
        tags=["Open311"],
        dependencies=_READING,
        response_class=Response,
        max_body_size=_ANY_BODY,
    )
    async def define_service(service_code: str, ending: Ending) -> Response:
        """The attributes of a service: none has any."""
        form = _format(ending)
        return _response(facade.service_definition(service_code), form)

    @app.get(
        f"{_BASE}/requests.{{ending}}",
        tags=["Open311"],
        dependencies=_READING,
        response_class=Response,
        max_body_size=_ANY_BODY,
    )
    async def list_requests(
        ending: Ending,
        service_request_id: Several,
        service_code: Several,
        status: Several,
        start_date: Moment = None,
        end_date: Moment = None,
    ) -> Response:
        """What was submitted by Open311, newest first: of ninety days at most, and a thousand at most."""
        form = _format(ending)
        answer = await facade.requests(
            service_request_id=service_request_id,
            service_code=service_code,
            status=status,
            start_date=start_date,
            end_date=end_date,
            now=datetime.now(UTC),
        )
        return _response(answer, form)

    # The specification's address, and the one that its example is often read to mean.
    for path in ("requests", "request"):

        @app.get(
            f"{_BASE}/{path}/{{service_request_id}}.{{ending}}",
            tags=["Open311"],
            dependencies=_READING,
            response_class=Response,
            max_body_size=_ANY_BODY,
            operation_id=f"open311_{path}_by_id",
        )
        async def read_request(service_request_id: str, ending: Ending) -> Response:
            """One request, as everybody may see it."""
            form = _format(ending)
            return _response(await facade.request(service_request_id), form)

    @app.get(
        f"{_BASE}/tokens/{{token}}.{{ending}}",
        tags=["Open311"],
        dependencies=_READING,
        response_class=Response,
        max_body_size=_ANY_BODY,
    )
    async def read_token(token: str, ending: Ending) -> Response:
        """A request's id by its token: the id was given at once, so it is its own token."""
        form = _format(ending)
        return _response(await facade.token(token), form)


def _add_submitting(app: FastAPI, facade: Open311) -> None:
    @app.post(
        f"{_BASE}/requests.{{ending}}",
        status_code=201,
        tags=["Open311"],
        dependencies=_SUBMITTING,
        response_class=Response,
        max_body_size=_ANY_BODY,
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}}
        },
    )
    async def submit(request: Request, ending: Ending) -> Response:
        """Accept a request: 201 once it is committed, 200 where the same sender sent the same a few minutes before."""
        form = _format(ending)
        answer, created = await facade.submit(await _body(request), datetime.now(UTC))
        return _response(answer, form, 201 if created else 200)


def _format(ending: str) -> Format:
    try:
        return Format(ending)
    except ValueError:
        raise _nothing_here() from None


def _nothing_here() -> Open311Error:
    return Open311Error(
        404,
        "没有这个地址；地址应以 .json 或 .xml 结尾。",
        "There is nothing at this address; addresses end in .json or .xml.",
    )


def _response(answer: Answer, form: Format, status: int = 200) -> Response:
    return Response(render(answer, form), status, headers={"Content-Type": form.media_type})


async def _body(request: Request) -> bytes:
    if not request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        raise Open311Error(
            400,
            "请以 application/x-www-form-urlencoded 格式提交。",
            "Please submit as application/x-www-form-urlencoded.",
            code=415,
        )
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_SUBMISSION:
            limit = MAX_SUBMISSION // 1024
            raise Open311Error(
                400, f"内容过大，上限为 {limit} KB。", f"It is larger than the limit of {limit} KB.", code=413
            )
    return bytes(body)

"""What the Open311 façade answers, on the intake's own acceptance and tables; Open311Error says why it does not."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from services.intake.acceptance import Acceptance, Receipt
from services.intake.channels.open311_form import Fields, external_ids, read_form, to_complaint
from services.intake.complaint import Complaint
from services.intake.county import County
from services.intake.open311 import open311, open311_store
from services.intake.open311.open311 import Open311Error, PublicRequest
from services.intake.open311.open311_keys import key_id_of
from services.intake.open311.open311_rendering import Listing, Single
from services.intake.ticket import query_code
from shared.policy import Policy
from shared.postgres import PASSING, Pool


@dataclass(frozen=True, slots=True)
class Open311:
    acceptance: Acceptance
    # Give those in force at the moment.
    policy: Callable[[], Policy]
    county: Callable[[], County]
    pool: Pool
    query_code_key: bytes = field(repr=False)
    # The digests of the api keys by id; without any nobody can submit.
    keys: Mapping[str, bytes] = field(repr=False)

    def services(self) -> Listing:
        return open311.services(self.policy())

    def service_definition(self, service_code: str) -> Single:
        return open311.service_definition(self.policy(), service_code)

    async def requests(
        self,
        *,
        service_request_id: Sequence[str],
        service_code: Sequence[str],
        status: Sequence[str],
        start_date: str | None,
        end_date: str | None,
        now: datetime,
    ) -> Listing:
        """What the filters ask for; `service_request_id` overrides all others."""
        if any(one.strip(" ,") for one in service_request_id):
            found = await self._find(open311.ticket_numbers(service_request_id))
        else:
            wanted = open311.wanted(
                self.policy(),
                service_code=service_code,
                status=status,
                start_date=start_date,
                end_date=end_date,
                now=now,
            )
            async with _reaching():
                found = await open311_store.read_requests(self.pool, wanted)
        return open311.requests(found, self.policy(), self.county())

    async def request(self, service_request_id: str) -> Listing:
        return open311.requests([await self._one(service_request_id)], self.policy(), self.county())

    async def token(self, token: str) -> Listing:
        return open311.token_answer((await self._one(token)).ticket_number)

    async def submit(self, body: bytes, now: datetime) -> tuple[Listing, bool]:
        """The answer to a form, and whether it was new; answered only after the commit."""
        fields = read_form(body)
        key_id = key_id_of(self.keys, fields.get("api_key"))
        if key_id is None:
            raise Open311Error(
                403, "缺少 api_key，或 api_key 无效。", "api_key is missing, or is not one that was given out."
            )
        matter = open311.matter_of(self.policy(), fields.get("service_code"))
        async with _reaching():
            external_id = await self._external_id(fields, key_id, now)
            receipt = await self._accept(to_complaint(fields, matter, self.county(), external_id))
        code = query_code(self.query_code_key, receipt.complaint_id)
        media_ignored = bool(fields.get("media_url"))
        return open311.submitted(receipt.ticket_number, code, media_ignored=media_ignored), receipt.created

    async def _accept(self, complaint: Complaint) -> Receipt:
        try:
            return await self.acceptance.accept(complaint)
        except PASSING:
            raise
        except Exception:  # noqa: BLE001  # logged where it arose; its message may quote what was submitted
            raise Open311Error(
                400, "系统内部错误，未能登记。", "Internal error; it was not accepted.", code=500
            ) from None

    async def _external_id(self, fields: Fields, key_id: str, now: datetime) -> str:
        ids = external_ids(fields, self.query_code_key, key_id, now)
        if ids is None:
            return f"open311:{uuid4()}"
        current, before = ids
        return before if await open311_store.is_known(self.pool, before) else current

    async def _one(self, ticket_number: str) -> PublicRequest:
        found = await self._find(open311.ticket_numbers([ticket_number]))
        if len(found) != 1:
            raise Open311Error(404, "没有这个 service_request_id。", "There is no such service_request_id.")
        return found[0]

    async def _find(self, ticket_numbers: Sequence[str]) -> list[PublicRequest]:
        async with _reaching():
            return await open311_store.find_requests(self.pool, ticket_numbers)


@asynccontextmanager
async def _reaching() -> AsyncIterator[None]:
    """The specification has 400 for a service that cannot be reached; the code in the body says 503."""
    try:
        yield
    except PASSING:
        raise Open311Error(
            400,
            "系统暂时不可用，请稍后重试。",
            "The service is away for a moment; please try again later.",
            code=503,
        ) from None

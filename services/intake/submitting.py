"""From the bytes of a submission to the answer that its submitter gets, singly and by the line."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from services.intake.acceptance import Acceptance, Receipt
from services.intake.channels.service_center import printed_receipt
from services.intake.channels.submission import SUBMISSION
from services.intake.complaint import Complaint
from services.intake.county import County
from services.intake.identity.reading_rules import may_be_told_of
from services.intake.refusal import SubmissionRefused
from services.intake.repeats.repeats import Earlier
from services.intake.submitters import NotYours, Submitter
from services.intake.ticket import query_code
from shared.http import Problem
from shared.language import Channel
from shared.postgres import PASSING
from shared.validation import FieldError, explain

MAX_SUBMISSION = 256 * 1024

# While some are read the others commit, and more of them would only fill the memory.
_CHUNKS_AT_ONCE = 5

_UNAVAILABLE = Problem(
    503, "系统暂时无法登记，请稍后重试。", "It cannot be accepted at the moment; please try again later."
)
_FAILED = Problem(500, "系统内部错误，未能登记。", "Internal error; it was not accepted.")


@dataclass(frozen=True, slots=True)
class Submitting:
    acceptance: Acceptance
    # Gives the one of the policy in force at the moment.
    county: Callable[[], County]
    query_code_key: bytes
    _chunks: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(_CHUNKS_AT_ONCE))

    async def one(self, body: bytes, submitter: Submitter) -> dict[str, Any]:
        """Accept what `body` holds and return the answer; Problem says why it cannot be accepted."""
        complaint = self._read(body, submitter)
        try:
            receipt = await self.acceptance.accept(complaint)
        except Exception as error:  # noqa: BLE001  # logged where it arose; its message may quote what was submitted
            raise _failure(error) from None
        return self._answer(complaint, receipt)

    async def lines(self, numbered: Sequence[tuple[int, bytes]], submitter: Submitter) -> list[dict[str, Any]]:
        """Accept each line and return one result per line in their order; what is good lands though others fail."""
        async with self._chunks:
            return await self._lines(numbered, submitter)

    async def _lines(self, numbered: Sequence[tuple[int, bytes]], submitter: Submitter) -> list[dict[str, Any]]:
        results: dict[int, dict[str, Any]] = {}
        good: list[tuple[int, Complaint]] = []
        for number, line in numbered:
            try:
                good.append((number, self._read(line, submitter)))
            except Problem as problem:
                results[number] = problem.as_json()
        outcomes = await self.acceptance.accept_each([complaint for _, complaint in good])
        for (number, complaint), outcome in zip(good, outcomes, strict=True):
            results[number] = (
                _failure(outcome).as_json() if isinstance(outcome, Exception) else self._answer(complaint, outcome)
            )
        return [{"line": number, **results[number]} for number, _ in numbered]

    def _read(self, body: bytes, submitter: Submitter) -> Complaint:
        if len(body) > MAX_SUBMISSION:
            raise too_large(MAX_SUBMISSION)
        try:
            form = SUBMISSION.validate_json(body)
            submitter.require(form)
            complaint = form.to_complaint(self.county())
        except ValidationError as error:
            raise _refused(explain(error.errors(include_url=False, include_input=False), frozenset(Channel))) from None
        except SubmissionRefused as refused:
            raise _refused([FieldError(refused.field, refused.zh, refused.en)]) from None
        except NotYours as refused:
            raise Problem(403, refused.zh, refused.en) from None
        return complaint._replace(operator=submitter.staff) if submitter.staff else complaint

    def _answer(self, complaint: Complaint, receipt: Receipt) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "status": 201 if receipt.created else 200,
            "ticket_number": receipt.ticket_number,
            "accepted_at": receipt.accepted_at,
        }
        if receipt.same_content:
            answer["complaint_id"] = str(receipt.complaint_id)
            answer["query_code"] = query_code(self.query_code_key, receipt.complaint_id)
            if complaint.channel is Channel.SERVICE_CENTER:
                answer["receipt"] = printed_receipt(receipt.ticket_number, answer["query_code"], receipt.accepted_at)
            if earlier := self._told_repeat(complaint, receipt):
                answer["repeat_of"] = earlier.ticket_number
        else:
            # Who only knows the external id learns nothing that opens the first complaint's progress.
            answer["warning"] = (
                "该外部编号此前已登记过另一份内容，以首次登记为准。"
                " This external id was accepted before with another content; the first one stands."
            )
        return answer

    def _told_repeat(self, complaint: Complaint, receipt: Receipt) -> Earlier | None:
        """The earlier complaint that the submitter may be told of.

        On the open web route nobody is: whoever knows a telephone number could ask what its owner has complained of.
        """
        earlier = receipt.repeat_of
        if earlier is None or complaint.channel is Channel.WEB_PORTAL:
            return None
        hotline = complaint.channel is Channel.HOTLINE_12345
        if hotline and self.county().hotline in earlier.standing.accused:
            return None
        return earlier if may_be_told_of(complaint.received_by, earlier.standing, hotline=hotline) else None


def too_large(limit: int) -> Problem:
    return Problem(413, f"内容过大，上限为 {limit // 1024} KB。", f"It is larger than the limit of {limit // 1024} KB.")


def _failure(error: Exception) -> Problem:
    return _UNAVAILABLE if isinstance(error, PASSING) else _FAILED


def _refused(errors: Sequence[FieldError]) -> Problem:
    return Problem(
        422,
        "提交的内容有误。",
        "The submission is wrong.",
        errors=errors,
    )

"""Importing a platform's export: every row gets a ticket, or a reason that its clerk can act on.

It may be run again and again, over the same file or over one that overlaps it: the platform's own number tells which
questions have a ticket already.
"""

import csv
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

import yaml
from pydantic import ValidationError

from services.intake.acceptance import Acceptance, Receipt
from services.intake.channels.qa_platform import Platform, Row, to_complaint
from services.intake.complaint import Complaint
from services.intake.county import County
from services.intake.platforms.export_files import UnreadableExport
from services.intake.refusal import SubmissionRefused
from services.intake.ticket import query_code
from shared.postgres import PASSING

_ROWS_PER_COMMIT = 250


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    SEEN_BEFORE = "seen_before"
    REFUSED = "refused"
    # The database was away: run the import again.
    LATER = "later"


@dataclass(frozen=True, slots=True)
class RowResult:
    row: int
    outcome: Outcome
    # The platform's own number, by which its clerk finds the question.
    platform_id: str = ""
    ticket_number: str = ""
    query_code: str = ""
    # Chinese, then English; empty for a plain success.
    reason: str = ""


def read_platform(file: Path) -> Platform:
    """The mapping file of a platform; UnreadableExport says what is wrong in it."""
    try:
        return Platform.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UnreadableExport(
            f"对照文件 {file} 无法读取。", f"The mapping file cannot be read ({type(error).__name__})."
        ) from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in found)
        raise UnreadableExport(f"对照文件 {file} 有误。", f"The mapping file is wrong: {places}.") from None


@dataclass(frozen=True, slots=True)
class Importing:
    acceptance: Acceptance
    county: County
    query_code_key: bytes

    async def rows(self, platform: Platform, rows: Iterable[Row]) -> AsyncIterator[RowResult]:
        """Accept the rows and tell what became of each, in their order; what `rows` raises ends it, told rows stand."""
        for batch in _batches(rows):
            for result in await self._batch(platform, batch):
                yield result

    async def _batch(self, platform: Platform, rows: Sequence[Row]) -> list[RowResult]:
        read = [self._read(platform, row) for row in rows]
        outcomes = iter(await self.acceptance.accept_each([one for one in read if isinstance(one, Complaint)]))
        return [
            one if isinstance(one, RowResult) else self._result(platform, row, next(outcomes))
            for row, one in zip(rows, read, strict=True)
        ]

    def _read(self, platform: Platform, row: Row) -> Complaint | RowResult:
        try:
            return to_complaint(row, platform, self.county)
        except SubmissionRefused as refused:
            return RowResult(row.number, Outcome.REFUSED, _platform_id(platform, row), reason=str(refused))

    def _result(self, platform: Platform, row: Row, outcome: Receipt | Exception) -> RowResult:
        number, platform_id = row.number, _platform_id(platform, row)
        if isinstance(outcome, PASSING):
            reason = "数据库暂时不可用，请重新导入。 The database is away for a moment; run the import again."
            return RowResult(number, Outcome.LATER, platform_id, reason=reason)
        if isinstance(outcome, Exception):
            reason = "系统内部错误，未能登记。 Internal error; it was not accepted."
            return RowResult(number, Outcome.REFUSED, platform_id, reason=reason)
        return RowResult(
            number,
            Outcome.ACCEPTED if outcome.created else Outcome.SEEN_BEFORE,
            platform_id,
            outcome.ticket_number,
            query_code(self.query_code_key, outcome.complaint_id),
            "" if outcome.same_content else _ANOTHER_CONTENT,
        )


_ANOTHER_CONTENT = (
    "此前已登记过另一份内容，以首次登记为准。 It has a ticket for another content already; that one stands."
)


def _platform_id(platform: Platform, row: Row) -> str:
    return row.cells.get(platform.columns.id, "").strip()[:80]


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == _ROWS_PER_COMMIT:
                yield batch
                batch = []
    except UnreadableExport:
        # What stands before the damage is good.
        yield batch
        raise
    yield batch


async def report(results: AsyncIterator[RowResult], file: TextIO) -> Counter[Outcome]:
    """Write one line of CSV for each result and count them by their outcome."""
    written = csv.writer(file, lineterminator="\n")
    written.writerow(["row", "platform_id", "outcome", "ticket_number", "query_code", "reason"])
    counted: Counter[Outcome] = Counter()
    async for one in results:
        counted[one.outcome] += 1
        written.writerow([one.row, _inert(one.platform_id), one.outcome, one.ticket_number, one.query_code, one.reason])
    return counted


def _inert(cell: str) -> str:
    """A spreadsheet program would run what begins like a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell

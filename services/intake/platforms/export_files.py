"""The files that platforms export, CSV, XLSX, JSON or JSON by the line, read into rows of text."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import orjson

from services.intake.channels.qa_platform import Platform, Row

MAX_FILE = 100 * 1024 * 1024
# What an XLSX file, which is an archive, may hold when unpacked.
_MAX_UNPACKED = 1024 * 1024 * 1024
_MAX_CELL = 1024 * 1024
# Spreadsheets keep numbers as floating point, which is exact up to here.
_FIRST_ROUNDED = 10**15


class UnreadableExport(Exception):
    """The file as a whole cannot be read; the message says why, Chinese first."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} {en}")


def read_rows(file: Path, platform: Platform) -> Iterator[Row]:
    """The rows of the file in their order; UnreadableExport where it, or what follows in it, cannot be read."""
    try:
        if file.stat().st_size > MAX_FILE:
            raise UnreadableExport(
                "文件超过 100 MB，请分批导出。", "The file is larger than 100 MB; export it in parts."
            )
        match file.suffix.lower():
            case ".csv":
                yield from _csv_rows(file, platform)
            case ".xlsx":
                yield from _xlsx_rows(file, platform)
            case ".json":
                yield from _json_rows(file, platform)
            case ".ndjson" | ".jsonl":
                yield from _line_rows(file)
            case _:
                raise UnreadableExport(
                    "只能导入 .csv、.xlsx、.json 和 .ndjson 文件。", "It must be a .csv, .xlsx, .json or .ndjson file."
                )
    except OSError as error:
        raise UnreadableExport("文件无法打开。", f"The file cannot be opened ({type(error).__name__}).") from None


def _csv_rows(file: Path, platform: Platform) -> Iterator[Row]:
    csv.field_size_limit(_MAX_CELL)
    # strict: a quotation mark that never closes would swallow all rows after it.
    reader = csv.reader(io.StringIO(_decoded(file.read_bytes()), newline=""), strict=True)
    try:
        headings = _headings(next(reader, []), platform)
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(begins, dict(zip(headings, cells, strict=False)))
            begins = reader.line_num + 1
    except csv.Error:
        raise UnreadableExport(
            f"第 {reader.line_num} 行不符合 CSV 格式（引号不配对或内容过长），此行及之后的内容未导入。",
            f"Line {reader.line_num} is not CSV (a quotation mark or its length); it and what follows is not imported.",
        ) from None


def _decoded(raw: bytes) -> str:
    """Spreadsheet programs in China save CSV in GB18030 or, with a mark in front, in UTF-8."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableExport("文件编码既不是 UTF-8 也不是 GB18030。", "The file is neither in UTF-8 nor in GB18030.")


def _headings(cells: Iterable[str], platform: Platform) -> list[str]:
    headings = [cell.strip() for cell in cells]
    missing = [heading for heading in platform.headings if heading not in headings]
    if missing:
        raise UnreadableExport(
            f"缺少以下列：{'、'.join(missing)}；请核对表头和平台的对照文件。",
            f"These columns are missing: {', '.join(missing)}; compare the headings with the mapping file.",
        )
    return headings


def _xlsx_rows(file: Path, platform: Platform) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked <= _MAX_UNPACKED:
            yield from _sheet_rows(file, platform)
            return
    except UnreadableExport:
        raise
    except Exception:  # noqa: BLE001  # the library lists no errors
        raise UnreadableExport("文件不是完好的 XLSX 表格。", "The file is no sound XLSX workbook.") from None
    raise UnreadableExport("文件解压后过大。", "The file is too large when it is unpacked.")


def _sheet_rows(file: Path, platform: Platform) -> Iterator[Row]:
    # Here, because it brings numpy and Pillow: 20 MB that the service, which reads no spreadsheets, would carry.
    import openpyxl  # noqa: PLC0415

    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        # Exporting programs often write the wrong size of the sheet.
        sheet.reset_dimensions()
        rows = sheet.iter_rows(values_only=True)
        headings = _headings((_text(cell) for cell in next(rows, ())), platform)
        for number, cells in enumerate(rows, start=2):
            row = _row(number, headings, cells)
            if any(text.strip() for text in row.cells.values()):
                yield row
    finally:
        book.close()


def _json_rows(file: Path, platform: Platform) -> Iterator[Row]:
    try:
        content: Any = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise UnreadableExport("文件不是有效的 JSON（UTF-8 编码）。", "The file is not valid JSON in UTF-8.") from None
    if platform.records is not None:
        content = content.get(platform.records) if isinstance(content, dict) else None
    if not isinstance(content, list):
        raise UnreadableExport(
            "文件中没有问题列表，请核对对照文件里的 records。",
            "The file holds no list of questions where the mapping file's records says.",
        )
    for number, record in enumerate(content, start=1):
        yield _record(number, record)


def _line_rows(file: Path) -> Iterator[Row]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield _record(number, orjson.loads(line))
                except orjson.JSONDecodeError:
                    # Told as a row without a number, so that the others go on.
                    yield Row(number, {})


def _record(number: int, record: object) -> Row:
    if not isinstance(record, dict):
        return Row(number, {})
    return _row(number, [str(name).strip() for name in record], list(record.values()))


def _row(number: int, headings: Sequence[str], cells: Sequence[object]) -> Row:
    named: Mapping[str, object] = dict(zip(headings, cells, strict=False))
    rounded = frozenset(name for name, cell in named.items() if isinstance(cell, float) and abs(cell) >= _FIRST_ROUNDED)
    return Row(number, {name: _text(cell) for name, cell in named.items()}, rounded)


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case float() if cell.is_integer() and abs(cell) < _FIRST_ROUNDED:
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case str() | bool() | int() | float():
            return str(cell)
        case _:
            return orjson.dumps(cell, default=str).decode()

"""What platforms export, read into rows whatever program wrote it."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from services.intake.channels.qa_platform import Platform, Row
from services.intake.platforms.export_files import UnreadableExport, read_rows

PLATFORM = Platform.model_validate({"name": "wenzheng", "columns": {"id": "编号", "text": "内容"}})
TABLE = '编号,内容,备注\r\n1,路灯不亮,\r\n2,"井盖\r\n没了",急\r\n'
ROWS = [{"编号": "1", "内容": "路灯不亮"}, {"编号": "2", "内容": "井盖\r\n没了"}]


def rows_of(file: Path, platform: Platform = PLATFORM) -> list[Row]:
    return list(read_rows(file, platform))


def written(folder: Path, name: str, content: bytes | str) -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def mapped(rows: Sequence[Row]) -> list[dict[str, str]]:
    return [{name: row.cells[name] for name in ("编号", "内容")} for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_that_programs_in_china_write(tmp_path: Path, encoding: str) -> None:
    rows = rows_of(written(tmp_path, "a.csv", TABLE.encode(encoding)))
    assert mapped(rows) == ROWS
    assert [row.number for row in rows] == [2, 3]


def test_a_row_is_numbered_by_the_line_in_which_it_begins(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, "a.csv", TABLE + "\r\n3,路面塌了,\r\n"))
    assert [row.number for row in rows] == [2, 3, 6]


def test_a_quotation_mark_that_never_closes_does_not_swallow_what_stands_before_it(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, "a.csv", TABLE + '3,"没有结束\r\n4,后面\r\n'), PLATFORM)
    read = [next(rows), next(rows)]
    with pytest.raises(UnreadableExport, match="CSV"):
        next(rows)
    assert mapped(read) == ROWS


def test_a_workbook_is_read_with_its_dates_and_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["内容", "编号", "时间"])
    book.active.append(["路灯不亮", 20261103, datetime(2026, 11, 3, 9, 0)])  # noqa: DTZ001  # as spreadsheets have it
    book.active.append([None, None, None])
    book.active.append(["井盖没了", 12345678901234567.0, None])
    book.save(tmp_path / "a.xlsx")
    first, second = rows_of(tmp_path / "a.xlsx")
    assert first.cells == {"内容": "路灯不亮", "编号": "20261103", "时间": "2026-11-03T09:00:00"}
    assert (first.number, second.number) == (2, 4)
    assert second.rounded == {"编号"}


def test_json_is_read_where_the_mapping_says_that_the_list_is(tmp_path: Path) -> None:
    records = [{"编号": 1, "内容": "路灯不亮"}, {"编号": "2", "内容": "井盖\r\n没了", "更多": {"a": [1]}}]
    listed = PLATFORM.model_copy(update={"records": "data"})
    assert mapped(rows_of(written(tmp_path, "a.json", json.dumps(records)))) == ROWS
    assert mapped(rows_of(written(tmp_path, "b.json", json.dumps({"data": records})), listed)) == ROWS
    assert mapped(rows_of(written(tmp_path, "c.ndjson", "\n\n".join(json.dumps(r) for r in records)))) == ROWS


def test_a_line_or_a_record_that_is_none_does_not_stop_the_others(tmp_path: Path) -> None:
    good = json.dumps({"编号": "1", "内容": "路灯不亮"})
    assert [row.cells == {} for row in rows_of(written(tmp_path, "a.ndjson", f"{{\n{good}\n7\n"))] == [
        True,
        False,
        True,
    ]
    assert [row.cells == {} for row in rows_of(written(tmp_path, "a.json", f"[7, {good}, null]"))] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"\x80\xff\xff,", "GB18030"),
        ("a.csv", "编号,备注\r\n1,2\r\n", "内容"),
        ("a.csv", "", "编号、内容"),
        ("a.csv", "编号,内容\r\n1," + "y" * 2_000_000, "CSV"),
        ("a.xlsx", b"PK\x03\x04 no workbook", "XLSX"),
        ("a.xlsx", b"", "XLSX"),
        ("a.json", b"{", "JSON"),
        ("a.json", b'{"data": []}', "records"),
        ("a.xls", b"\xd0\xcf\x11\xe0", ".xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes | str, said: str) -> None:
    with pytest.raises(UnreadableExport, match=said):
        rows_of(written(tmp_path, name, content))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="cannot be opened"):
        rows_of(tmp_path / "none.csv")

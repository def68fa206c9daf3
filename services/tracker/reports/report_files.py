"""A report's tables as files for spreadsheet programs: CSV and XLSX."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO

from services.tracker.reports.report_tables import Table, defused_rows


def as_csv(table: Table) -> bytes:
    """UTF-8 with the mark by which spreadsheet programs know it."""
    text = StringIO()
    csv.writer(text).writerows(defused_rows(table))
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(tables: Sequence[Table]) -> bytes:
    """A workbook with a sheet for each table."""
    # Here, because it brings numpy and Pillow, which the tracker needs for nothing else.
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title)
        for row in defused_rows(table):
            sheet.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()

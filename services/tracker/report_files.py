"""A report's tables as files: CSV, XLSX and PDF."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from xml.sax.saxutils import escape

from services.tracker.report_tables import Cell, Table, defused_rows

# In every PDF reader with Chinese; nothing is embedded, so the file stays small.
_FONT = "STSong-Light"


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


def as_pdf(title: str, note: str, tables: Sequence[Table]) -> bytes:
    """Sheets of A4, lying; headings come again on each sheet."""
    # Here for the same reason.
    from reportlab.lib import colors, pagesizes  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer  # noqa: PLC0415

    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    small = ParagraphStyle("small", fontName=_FONT, fontSize=6.5, leading=8, wordWrap="CJK")
    head = ParagraphStyle("head", fontName=_FONT, fontSize=16, leading=24)
    lines = [("GRID", (0, 0), (-1, -1), 0.25, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    shaded = ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)

    def words(cell: Cell) -> Paragraph:
        return Paragraph("—" if cell is None else escape(str(cell)), small)

    (width, _), margin = pagesizes.landscape(pagesizes.A4), 28
    parts: list[object] = [Paragraph(escape(title), head), Paragraph(escape(note), small)]
    for table in tables:
        rows = [[words(cell) for cell in row] for row in (table.headings, *table.rows)]
        # The first column has the names.
        narrow = (width - 2 * margin) / (len(table.headings) + 1)
        widths = [2 * narrow, *[narrow] * (len(table.headings) - 1)]
        parts += [Spacer(1, 12), LongTable(rows, colWidths=widths, repeatRows=1, style=[*lines, shaded])]
    file = BytesIO()
    SimpleDocTemplate(
        file, pagesize=pagesizes.landscape(pagesizes.A4), title=title, lang="zh-CN",
        leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
    ).build(parts)  # fmt: skip
    return file.getvalue()

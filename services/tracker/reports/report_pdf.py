"""A report's tables as sheets of A4 to be printed; no word and no code is ever broken in its middle."""

import re
from collections.abc import Callable, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from services.tracker.reports.report_tables import Cell, Table

# In every PDF reader with Chinese; nothing is embedded, so the file stays small.
_FONT = "STSong-Light"
_SIZE = 6.5
_MARGIN = 28
_PADDING = 3

# A word of any other script holds together; between two Chinese characters a line may end.
_WORD = re.compile(r"[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+|\s+|.", re.DOTALL)

# A column of single words would make tall headings of Chinese ones.
_NARROWEST = "三个字"

# How wide a text is when printed, in points.
Measure = Callable[[str], float]


def as_pdf(title: str, note: str, tables: Sequence[Table]) -> bytes:
    """Sheets of A4, lying; headings come again on each; a table that is too wide goes on below, name by name."""
    # Here, because it brings Pillow, which the tracker needs for nothing else.
    from reportlab.lib import colors, pagesizes  # noqa: PLC0415
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer  # noqa: PLC0415

    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    small = ParagraphStyle("small", fontName=_FONT, fontSize=_SIZE, leading=8, wordWrap="CJK")
    head = ParagraphStyle("head", fontName=_FONT, fontSize=16, leading=24)
    style = [
        ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("FONT", (0, 0), (-1, -1), _FONT, _SIZE, 8),
        *((f"{side}PADDING", (0, 0), (-1, -1), _PADDING) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
    ]
    sheet = pagesizes.landscape(pagesizes.A4)

    def measure(text: str) -> float:
        return float(pdfmetrics.stringWidth(text, _FONT, _SIZE)) + 2 * _PADDING

    parts: list[object] = [Paragraph(escape(title), head), Paragraph(escape(note), small)]
    for table in tables:
        for part, widths in fitted(table, sheet[0] - 2 * _MARGIN, measure):
            rows = [
                ["\n".join(lines(shown(cell), wide, measure)) for cell, wide in zip(row, widths, strict=True)]
                for row in (part.headings, *part.rows)
            ]
            parts += [Spacer(1, 12), LongTable(rows, colWidths=widths, repeatRows=1, style=style, hAlign="LEFT")]
    file = BytesIO()
    SimpleDocTemplate(
        file, pagesize=sheet, title=title, lang="zh-CN",
        leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
    ).build(parts)  # fmt: skip
    return file.getvalue()


def shown(cell: Cell) -> str:
    return "—" if cell is None else str(cell)


def fitted(table: Table, room: float, measure: Measure) -> list[tuple[Table, list[float]]]:
    """The table in as many parts as it takes so that none is wider than `room`, with the widths of their columns.

    Each is at least as wide as its longest word. Every part begins with the first two, which say what a line is of.
    """
    least = [
        max(measure(word) for cell in column for word in (_NARROWEST, *_words(shown(cell))))
        for column in zip(table.headings, *table.rows, strict=True)
    ]
    names = list(range(min(2, len(least))))
    taken: list[list[int]] = [[]]
    for column in range(len(names), len(least)):
        used = sum(least[one] for one in (*names, *taken[-1]))
        if taken[-1] and used + least[column] > room:
            taken.append([])
        taken[-1].append(column)
    return [_part(table, [*names, *some], least, room) for some in taken]


def _part(table: Table, columns: Sequence[int], least: Sequence[float], room: float) -> tuple[Table, list[float]]:
    """What is left of the room goes to the first column, as far as that helps anybody to read."""
    widths = [least[column] for column in columns]
    widths[0] += max(0.0, min(room - sum(widths), 2 * widths[0]))
    cut = Table(
        table.title,
        [table.headings[column] for column in columns],
        [[row[column] for column in columns] for row in table.rows],
    )
    return cut, widths


def lines(text: str, width: float, measure: Measure) -> list[str]:
    """The text in lines no wider than `width`, as long as no single word is."""
    found = [""]
    for word in _WORD.findall(text):
        longer = found[-1] + word
        if found[-1].strip() and not word.isspace() and measure(longer.rstrip()) > width:
            found.append(word)
        else:
            found[-1] = longer
    return [line.strip() for line in found]


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if not word.isspace()]

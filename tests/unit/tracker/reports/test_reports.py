"""A month's report: months of Asia/Shanghai, rates that flatter nobody, and comparisons."""

import csv
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from itertools import pairwise
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.reports.report_files import as_csv, as_xlsx
from services.tracker.reports.report_pdf import as_pdf, fitted, lines
from services.tracker.reports.report_tables import COUNTY, Table, by_department, by_detail, defused
from services.tracker.reports.reports import COUNTED, RATES, Count, Measure, Month, change, rate, report

months = st.builds(Month, st.integers(2001, 2098), st.integers(1, 12))
counts = st.lists(
    st.builds(
        Count,
        st.sampled_from(["water", "health", "gone"]),
        st.sampled_from(Measure),
        st.just("phone"),
        st.integers(1, 99),
    )
)
AT = datetime.fromisoformat("2026-11-02T09:00:00+08:00")
NAMES = {"water": "水利局", "health": "卫生局"}


def of(now: list[Count], before: list[Count] | None = None, year: list[Count] | None = None) -> dict[str, Any]:
    return report(Month(2026, 10), AT, NAMES, now, before or [], year or [])


class TestMonths:
    @given(months)
    def test_a_month_is_read_as_it_is_written(self, month: Month) -> None:
        assert Month.parse(str(month)) == month

    @given(months)
    def test_a_month_ends_where_the_next_begins(self, month: Month) -> None:
        assert month.end == month.plus(1).start
        assert Month.of(month.start) == month
        assert Month.of(month.end - timedelta(microseconds=1)) == month

    @given(months, st.integers(-12, 12))
    def test_months_are_counted_across_years(self, month: Month, steps: int) -> None:
        assert month.plus(steps).plus(-steps) == month

    def test_a_month_begins_at_midnight_in_shanghai(self) -> None:
        assert Month.of(datetime.fromisoformat("2026-10-31T16:00:00+00:00")) == Month(2026, 11)

    @pytest.mark.parametrize(
        "written", ["2026-13", "2026-00", "2026-1", "26-01", "２０２６-01", "2026-01\n", "0000-01"]
    )
    def test_anything_else_is_no_month(self, written: str) -> None:
        with pytest.raises(ValueError, match="is no month"):
            Month.parse(written)


class TestRates:
    def test_a_rate_of_nothing_is_no_rate(self) -> None:
        assert rate(0, 0) is None

    @given(st.integers(0, 10**6), st.integers(1, 10**6))
    def test_only_all_of_them_are_a_hundred_per_cent(self, part: int, more: int) -> None:
        assert rate(part, part + more) != 100.0
        assert rate(more, more) == 100.0

    def test_a_rate_is_cut_after_its_first_decimal(self) -> None:
        assert rate(2, 3) == 66.6

    def test_a_change_from_nothing_is_no_number(self) -> None:
        assert change(5, 0) is None
        assert change(3, 2) == 50.0
        assert change(1, 2) == -50.0


class TestReport:
    @given(counts)
    def test_the_county_is_the_sum_of_its_departments(self, now: list[Count]) -> None:
        found = of(now)
        for measure in COUNTED:
            total = sum(one["counts"][measure] for one in found["departments"])
            assert found["county"]["counts"][measure] == total

    @given(counts)
    def test_each_rate_is_of_the_counts_beside_it(self, now: list[Count]) -> None:
        for one in of(now)["departments"]:
            for name, (part, whole) in RATES.items():
                assert one["rates"][name] == rate(one["counts"][part], sum(one["counts"][w] for w in whole))

    def test_departments_without_cases_and_those_that_the_policy_dropped_stand_in_it(self) -> None:
        found = of([Count("gone", Measure.RECEIVED, "", 1)])
        assert {one["code"] for one in found["departments"]} == {"water", "health", "gone"}

    def test_it_compares_with_the_month_before_and_the_year_before(self) -> None:
        received = [[Count("water", Measure.RECEIVED, "", n)] for n in (6, 4, 3)]
        county = of(*received)["county"]
        assert county["month_before"]["change"]["received"] == 50.0
        assert county["year_before"]["change"]["received"] == 100.0

    def test_hot_spots_are_the_matters_with_most_complaints(self) -> None:
        now = [Count("water", Measure.RECEIVED_BY_MATTER, f"matter-{n:02}", n) for n in range(1, 15)]
        assert [one["received"] for one in of(now)["hot_spots"]] == list(range(14, 4, -1))

    def test_a_month_is_final_when_it_is_over(self) -> None:
        assert of([])["final"]
        assert not report(Month(2026, 11), AT, NAMES, [], [], [])["final"]


class TestFiles:
    def test_csv_and_xlsx_hold_what_the_report_says(self) -> None:
        table = by_department(of([Count("water", Measure.RECEIVED, "", 7)]))
        in_csv = list(csv.reader(StringIO(as_csv(table).decode("utf-8-sig"))))
        sheet = openpyxl.load_workbook(BytesIO(as_xlsx([table]))).worksheets[0]
        in_xlsx = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        assert in_csv == in_xlsx
        assert [COUNTY, "", "7"] in [row[:3] for row in in_csv]

    @pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"])
    def test_no_cell_is_run_as_a_formula(self, name: str) -> None:
        table = Table("t", ("h",), [(name,)])
        sheet = openpyxl.load_workbook(BytesIO(as_xlsx([table]))).worksheets[0]
        assert sheet["A2"].data_type == "s"
        assert defused(name) == f"'{name}"

    def test_a_negative_number_stays_a_number(self) -> None:
        assert defused(-3.5) == -3.5

    def test_the_pdf_is_one_with_names_that_look_like_markup(self) -> None:
        table = Table("t", ("标题",), [("<b>水利局 & 河长",), (None,)])
        assert as_pdf("月报", "说明", [table, by_detail(of([]))]).startswith(b"%PDF-")


def width_of(text: str) -> float:
    """A Chinese character is two wide, any other one."""
    return float(sum(2 if ord(one) > 0x2E80 else 1 for one in text))


words = st.text("abc-河长局", min_size=1, max_size=9)
texts = st.lists(words, max_size=6).map(" ".join)


class TestSheets:
    @given(texts, st.integers(1, 30))
    def test_a_line_ends_between_words_and_nothing_is_lost(self, text: str, width: int) -> None:
        found = lines(text, width, width_of)
        assert "".join(found).replace(" ", "") == text.replace(" ", "")
        for line, following in pairwise(found):
            assert line
            assert not (line[-1] in "abc-" and following[0] in "abc-") or " " in text

    @given(st.lists(st.lists(texts, min_size=4, max_size=4), min_size=1, max_size=5), st.integers(40, 90))
    def test_a_table_too_wide_goes_on_below_with_its_names_and_no_word_is_wider_than_its_column(
        self, rows: list[list[str]], room: int
    ) -> None:
        table = Table("t", ("承办单位", "code", "three", "four"), rows)
        parts = fitted(table, room, width_of)
        assert [heading for part, _ in parts for heading in part.headings[2:]] == ["three", "four"]
        for part, widths in parts:
            assert list(part.headings[:2]) == ["承办单位", "code"]
            for row in (part.headings, *part.rows):
                for cell, width in zip(row, widths, strict=True):
                    assert all(width_of(line) <= width for line in lines(str(cell), width, width_of))
            assert sum(widths) <= room or len(part.headings) == 3

    def test_the_long_codes_of_a_real_report_stand_on_one_line(self) -> None:
        code = "housing-and-urban-rural-construction"
        [part, *_] = fitted(by_department(of([Count(code, Measure.RECEIVED, "", 1)])), 200, width_of)
        column = part[0].headings.index("代码 code")
        assert lines(code, part[1][column], width_of) == [code]

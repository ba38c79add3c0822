"""Tables of findings on terminals of several widths, in either language."""

import io
import math

import pandas
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chapter6.language import LANGUAGES, language, translate
from chapter6.runner.terminal import format_cell, rich_table

TABLE = pandas.DataFrame(
    {
        "labels": [10, 26_962],
        "features": ["frozen, untrained", "fine-tuned"],
        "accuracy (%)": [59.2, 97.6],
        "least": [52.4, 97.5],
        "gain (points)": [-2.15, float("nan")],
        "runs ahead (%)": [0, 100],
        "epoch (s)": [0.5, 12.4],
    }
)


def printed(table, width, rows=12):
    console = Console(width=width, file=io.StringIO(), legacy_windows=False)
    console.print(rich_table(table, width, rows))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [66, 80, 120])
@pytest.mark.parametrize("chosen", LANGUAGES)
def test_a_table_keeps_within_its_columns_and_its_numbers_whole(chosen, width):
    with language(chosen):
        lines = printed(TABLE, width)
        assert max(map(cell_len, lines)) <= width
        text = "\n".join(lines)
        for column in ("labels", "accuracy (%)", "least", "gain (points)", "runs ahead (%)", "epoch (s)"):
            assert set(map(format_cell, TABLE[column])) <= set(text.split())
        if chosen == "en":
            for word in " ".join([*TABLE.columns, *TABLE["features"]]).split():
                assert word in text


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_headings_are_wrapped_before_cells(chosen):
    with language(chosen):
        lines = printed(TABLE, 78)
        rule = next(number for number, line in enumerate(lines) if "─" in line)
        assert len(lines[rule + 1 :]) == len(TABLE) and rule > 1
        assert translate("frozen, untrained") in lines[rule + 1]


def test_the_first_rows_are_shown():
    table = pandas.DataFrame({"step": range(1000, 1020)})
    assert [line.strip() for line in printed(table, 80, rows=3)[2:]] == ["1,000", "1,001", "1,002"]


def test_texts_are_to_the_left_and_numbers_to_the_right():
    _heading, _rule, *rows = printed(pandas.DataFrame({"a": ["text", "t"], "b": [1, 1000]}), 80)
    assert [row.rstrip() for row in rows] == ["text      1", "t     1,000"]


@given(st.floats(-1e300, 1e300))
@example(999.99)
@example(-999.5)
@example(999_999_999.9)
@example(-0.0)
def test_a_number_has_three_digits_at_least_and_an_exponent_only_where_it_is_huge_or_tiny(value):
    text = format_cell(value)
    assert math.isclose(float(text.replace(",", "")), value, rel_tol=0.005)
    assert ("e" in text) <= (abs(value) >= 0.999e9 or abs(value) < 1e-4)
    assert len(text) <= len("-999,999,999")
    if abs(value) < 999:
        assert len(text.partition("e")[0].strip("-").replace(".", "").lstrip("0")) <= 3
    assert text != "-0"


@pytest.mark.parametrize(("value", "text"), [(999.4, "999"), (999.5, "1,000"), (0, "0"), (1e30, "1e+30")])
def test_numbers_where_their_form_changes(value, text):
    assert format_cell(value) == text

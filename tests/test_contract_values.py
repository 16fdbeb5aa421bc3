"""What a contract accepts: a value whose whole text is of its type, in a row that holds data."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from sqlglot import exp

from contract_sql import raw_model

MONEY = "DECIMAL(14, 2)"
GOOD = {
    MONEY: ["100", "100.0", "100.01", "-3.5", "+7", ".5", " 12.30 ", "100.500", "100.10000"],
    "DECIMAL(9, 6)": ["42.361145", "-71.1"],
    "BIGINT": ["28", "28.0", "-3", " 12 ", "9007199254740993"],
    "DOUBLE": ["28.6", "-1e-3", ".5", "6.02E23"],
    "DATE": ["1951-06-04", " 1951-06-04 ", "1951-06-04 00:00:00", "1951-06-04T00:00"],
    "TIMESTAMP": [
        "2020-01-01", "2020-01-01 10:00", "2020-01-01T10:00:00Z", "2020-01-01T10:00:00.123456Z",
        "2020-01-01T10:00:00.123000000Z", "2020-01-01T10:00:00-05:00", "2020-01-01 10:00:00+14:00",
        "2020-01-01 10:00:00 UTC",
    ],
}  # fmt: skip
NOT_GOOD = {
    MONEY: ["1_000", "0x1F", "1e3", "12 USD", "NaN", "1,000", "999999999999999"],
    "BIGINT": ["0x1F", "9007199254740992.5", "28.6", "1e3", "1_000", "12x", "9223372036854775808"],
    "DOUBLE": ["inf", "nan", "1_0.5", "0x10", "1.5.2", "1e999", "9" * 400],
    "DATE": [
        "1951-06-04x", "20-1-2", "2020-01-01 BC", "2020-01-01T00:00:00Z", "2020-01-01 10:00:00", "2020-02-30",
        "0999-01-01", "10000-01-01", "epoch", "-2020-01-01", "2020/01/01",
    ],
    "TIMESTAMP": [
        "2020-01-01T10:00:00-25:00", "2020-01-01T10:00:00.1234567Z", "2020-01-01 10:00:00 BC", "2020-01-01T25:00:00",
        "0001-01-01 00:00:00", "2020-01-01 10", "2020-01-01 10:00:00 Europe/Paris", "infinity",
    ],
}  # fmt: skip


def of_contract(*columns: dict[str, Any]) -> exp.Expression:
    """The SQL that says what is wrong with a row, as the raw model of a contract has it."""
    contract = {
        "name": "source__table",
        "null_marks": [""],
        "columns": [
            {"header": column["name"].upper(), "type": "VARCHAR", "required": False} | column for column in columns
        ],
    }
    return raw_model(contract)["violation"]


def violations(rows: list[tuple[str | None, ...]], *columns: dict[str, Any]) -> list[str | None]:
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    marks = ", ".join(f"({', '.join('?' for _ in columns)})" for _ in rows)
    query = f"SELECT {of_contract(*columns).sql('duckdb')} FROM (VALUES {marks}) AS t({names})"
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        return [found for (found,) in con.execute(query, [value for row in rows for value in row]).fetchall()]


@pytest.mark.parametrize("kind", GOOD)
def test_a_value_whose_whole_text_is_of_its_type_is_accepted(kind: str) -> None:
    found = violations([(value,) for value in GOOD[kind]], {"name": "value", "type": kind})
    assert dict(zip(GOOD[kind], found, strict=True)) == dict.fromkeys(GOOD[kind])


@pytest.mark.parametrize("kind", NOT_GOOD)
def test_a_value_that_a_cast_would_change_is_not(kind: str) -> None:
    found = violations([(value,) for value in NOT_GOOD[kind]], {"name": "value", "type": kind})
    assert found == [f"value '{value}' is not a valid {kind}" for value in NOT_GOOD[kind]]


def test_a_decimal_of_more_decimals_is_not_rounded_unless_the_contract_says_so() -> None:
    values = ["100.005", "0.004", "100.0000000001", "100.01"]
    told = [f"value '{value}' is not a valid {MONEY}: it has more decimals" for value in values[:3]]
    assert violations([(value,) for value in values], {"name": "value", "type": MONEY}) == [*told, None]
    assert violations([("7.5",), ("7.0",)], {"name": "value", "type": "DECIMAL(9)"}) == [
        "value '7.5' is not a valid DECIMAL(9): it has more decimals", None
    ]  # fmt: skip
    assert violations([(v,) for v in values], {"name": "value", "type": MONEY, "round": True}) == [None] * 4


def test_a_row_that_repeats_the_header_or_adds_up_the_others_holds_no_data() -> None:
    columns = (
        {"name": "id", "required": True},
        {"name": "payer_name", "header": "NAME", "formerly": ["PAYER"]},
        {"name": "amount", "type": MONEY},
    )
    rows = {
        ("1", "Humana", "5"): None,
        ("Id", "NAME", None): "the row repeats the header",
        (" id ", "payer", None): "the row repeats the header",
        ("Total", None, None): "the row holds totals",
        ("Total", None, "900"): "the row holds totals",
        (None, "grand total", "900"): "id is missing; the row holds totals",
        ("7", "Total", "5"): None,
        ("2", None, None): None,
        ("name", "id", "5"): None,
    }
    found = dict(zip(rows, violations([*rows], *columns), strict=True))
    assert {row: sorted((told or "").split("; ")) for row, told in found.items()} == {
        row: sorted((told or "").split("; ")) for row, told in rows.items()
    }
    # All of the header is a header, where the amount is one, too.
    (told,) = violations([("ID", "NAME", "AMOUNT")], *columns)
    assert told == f"the row repeats the header; amount 'AMOUNT' is not a valid {MONEY}"
    assert violations([("total",), ("id",)], {"name": "id"}) == [None, None], "a table of one column may hold any word"


def test_the_patterns_are_regular_expressions_of_spark_too() -> None:
    sql = of_contract({"name": "value", "type": MONEY}).sql("spark")
    assert " RLIKE '^[+-]?([0-9]+" in sql
    assert "REGEXP_MATCHES" not in sql

"""Which MySQL type holds every value of a DuckDB type, how each engine writes a value, and which values have none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp
from sqlmesh.utils.errors import SQLMeshError

WIDTHS = (4, 12, 36, 100, 255, 768, 4000, 16000)
"""The widths a measured text column can get: 768 is the most that InnoDB indexes, 16,000 nearly fills a row."""

TYPES = {
    "BOOLEAN": "SMALLINT",  # 0 and 1; Power BI would turn TINYINT(1) into true and false
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "SMALLINT": "SMALLINT",
    "USMALLINT": "INT",
    "INT": "INT",
    "UINT": "BIGINT",
    "BIGINT": "BIGINT",
    "UBIGINT": "DECIMAL(20, 0)",
    "INT128": "DECIMAL(39, 0)",
    "UINT128": "DECIMAL(39, 0)",
    "FLOAT": "DOUBLE",
    "DOUBLE": "DOUBLE",
    "DATE": "DATE",
    "TIME": "TIME(6)",
    "TIMESTAMP_S": "DATETIME",  # DuckDB's TIMESTAMP(0): whole seconds, which Power BI likes better
    "TIMESTAMP_MS": "DATETIME(3)",
    "TIMESTAMPNTZ": "DATETIME(6)",
    "TIMESTAMPTZ": "DATETIME(6)",  # in UTC
    "UUID": "CHAR(36)",
}
"""MySQL's type for each of DuckDB's, as sqlglot names them; DECIMAL(p, s) stays, text gets a width."""


@dataclass(frozen=True)
class Column:
    """A published column: its name, its DuckDB type (as sqlglot names it), its MySQL type, the width of a text.

    `has_few_texts` says that it is a text of which there are not many different ones.
    """

    name: str
    kind: str
    mysql: str
    width: int | None = None
    has_few_texts: bool = False

    @property
    def value(self) -> str:
        """DuckDB's expression for the value that is sent."""
        name = duckdb_name(self.name)
        match self.kind:
            case "BOOLEAN":
                return f"{name}::SMALLINT"
            case "FLOAT" | "DOUBLE":
                return f"{name}::DOUBLE + 0"  # turns negative zero, which no server keeps alike, into zero
            case "TIMESTAMPTZ":
                return f"{name} AT TIME ZONE 'UTC'"
            case "TEXT" | "UUID":
                return f"{name}::VARCHAR"
        return name

    @property
    def refused(self) -> str | None:
        """DuckDB's condition for a value that MySQL would change, None where it holds all that there are."""
        name = duckdb_name(self.name)
        if self.kind in {"FLOAT", "DOUBLE"}:
            return f"NOT isfinite({name})"
        if self.kind.startswith(("DATE", "TIMESTAMP")):
            return f"({self.value}) < DATE '1000-01-01' OR ({self.value}) >= DATE '10000-01-01'"
        return f"length({name}::VARCHAR) > {self.width}" if self.width else None

    @property
    def sent_text(self) -> str:
        """DuckDB's expression for the text of a sent value: what `stored_text` gives for the same value."""
        name = duckdb_name(self.name)
        match self.mysql:
            case "DATETIME(6)":
                return f"strftime({name}, '%Y-%m-%d %H:%M:%S.%f')"
            case "DATETIME(3)":
                return f"strftime({name}, '%Y-%m-%d %H:%M:%S.%g')"
            case "TIME(6)":
                return f"rpad({name}::VARCHAR || CASE WHEN length({name}::VARCHAR) = 8 THEN '.' ELSE '' END, 15, '0')"
            case "DOUBLE":
                text = f"({name}::VARCHAR)"
                return _scientific(text, f"split_part({text}, 'e', 1)", "rtrim({}, '0')", "HUGEINT")
        return f"{name}::VARCHAR"

    @property
    def sent_number(self) -> str | None:
        """DuckDB's expression for a sent value as a whole number; None where only its text is compared."""
        name = duckdb_name(self.name)
        if self.kind == "DATE":
            return f"({name} - DATE '1970-01-01')"
        if self.kind.startswith("TIMESTAMP"):
            return f"epoch_us({name}::TIMESTAMP)"
        return name if self.is_integer else None

    @property
    def stored_number(self) -> str:
        """MySQL's expression for the same number of a stored value."""
        name = mysql_name(self.name)
        if self.kind == "DATE":
            return f"(TO_DAYS({name}) - 719528)"
        if self.kind.startswith("TIMESTAMP"):
            return f"((TO_SECONDS({name}) - 62167219200) * 1000000 + MICROSECOND({name}))"
        return name

    @property
    def is_integer(self) -> bool:
        """Whether it is stored in one of MySQL's integer types."""
        return self.mysql in {"SMALLINT", "INT", "BIGINT"}

    @property
    def is_number(self) -> bool:
        """Whether its literals are written without quotes."""
        return self.is_integer or self.mysql == "DOUBLE" or self.mysql.startswith("DECIMAL")

    @property
    def scale(self) -> int | None:
        """The decimals of a DECIMAL of up to 18 digits; None for every other type."""
        digits = re.fullmatch(r"DECIMAL\((\d+), (\d+)\)", self.mysql)
        return int(digits[2]) if digits and int(digits[1]) <= 18 else None

    @property
    def digits(self) -> tuple[str, str]:
        """DuckDB's and MySQL's expression for the digits of a decimal that has a `scale`, as a whole number."""
        name, power = duckdb_name(self.name), 10**self.scale
        wide = 18 if self.scale <= 9 else 38  # DuckDB takes half a microsecond for the product of wide decimals
        decimals = f"(({name} % 1)::DECIMAL({wide}, {self.scale}) * {power})::BIGINT"
        return f"(TRUNC({name})::BIGINT * {power} + {decimals})", f"CAST({mysql_name(self.name)} * {power} AS SIGNED)"

    @property
    def literal(self) -> str:
        """DuckDB's expression for the value as a literal of MySQL's."""
        text = f"{duckdb_name(self.name)}::VARCHAR"
        if self.mysql.startswith(("VARCHAR", "CHAR", "DATE", "TIME")):
            escaped = rf"REPLACE(REPLACE({text}, '\', '\\'), '''', '''''')"
            return f"'''' || {escaped} || ''''"
        return text

    @property
    def stored_text(self) -> str:
        """MySQL's expression for the text of a stored value."""
        name = mysql_name(self.name)
        if self.mysql == "DOUBLE":
            text = f"CONCAT({name})"
            return _scientific(text, f"SUBSTRING_INDEX({text}, 'e', 1)", "TRIM(TRAILING '0' FROM {})", "DECIMAL(38, 0)")
        return name


def _scientific(text: str, mantissa: str, strip: str, integer: str) -> str:
    """Return SQL for a printed DOUBLE as `integer x power of ten`.

    Engines print the same shortest digits in different forms (1e+20 and 1e20, 100000.0 and 100000).
    """
    digits = f"REPLACE({mantissa}, '.', '')"
    stripped = strip.format(digits)
    exponent = f"CAST(COALESCE(NULLIF(SUBSTRING({text}, LENGTH({mantissa}) + 2), ''), '0') AS {integer})"
    decimals = f"LENGTH({mantissa}) - COALESCE(NULLIF(INSTR({mantissa}, '.'), 0), LENGTH({mantissa}))"
    power = f"{exponent} - ({decimals}) + LENGTH({digits}) - LENGTH({stripped})"
    printed = f"CONCAT(CAST({stripped} AS {integer}), 'e', {power})"
    return f"CASE WHEN {text} IS NULL THEN NULL WHEN {stripped} = '' THEN '0' ELSE {printed} END"


def column(name: str, dtype: exp.DataType, width: int | None, has_few_texts: bool = False) -> Column:
    """Return the published column of a DuckDB type; `width` is that of a text, in characters.

    Raises:
        SQLMeshError: when MySQL has no type for it.
    """
    kind = dtype.this.name
    if is_text(dtype):
        return Column(name, "TEXT", f"VARCHAR({width})", width, has_few_texts)
    if kind == "DECIMAL" and int(dtype.expressions[1].name) <= 30:
        return Column(name, kind, dtype.sql("mysql"))
    if kind not in TYPES:
        raise SQLMeshError(
            f"column {name}: MySQL has no type for {dtype.sql('duckdb')}: cast it in the star or mart model"
        )
    return Column(name, kind, TYPES[kind])


def width(longest: int | None) -> int:
    """Return the width of a text column whose longest value has `longest` characters (None: it has no value)."""
    return next((width for width in WIDTHS if width >= (longest or 0)), WIDTHS[-1])


def is_text(dtype: exp.DataType) -> bool:
    """Return whether values of the type are published as text of a width."""
    return dtype.is_type(*exp.DataType.TEXT_TYPES, exp.DataType.Type.ENUM)


def duckdb_name(name: str) -> str:
    """Return the identifier quoted for DuckDB."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def mysql_name(name: str) -> str:
    """Return the identifier quoted for MySQL."""
    return exp.to_identifier(name, quoted=True).sql("mysql")

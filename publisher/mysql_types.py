"""Which MySQL type holds every value of a DuckDB type, which values have none, and checksums both engines agree on.

The checksum of a column is the XOR of value x weight over its rows, in whatever order they are. `value` is the column's
value as a whole number of 1 to 2^33: a number or an instant modulo a prime, a decimal's digits, or a hash of a text.
`weight` is a number below 2^31 made of the row's primary key.

What it finds: a single wrong value always gives another checksum (a text, or a number of more than 32 bits, with
probability 1 - 2^-31). Several wrong values, such as values that moved to other rows, escape only where their effects
cancel out: a chance of about 2^-29 in general, and of about 2^-20 for flags that four neighbouring rows exchange.

What it costs: XOR takes a server half the time of a sum of decimals, and the whole a third of hashing every value. A
checksum a column also says in which column the difference is.

Texts are hashed by CRC32 where a column has few different ones: DuckDB has no CRC32, so Python hashes each of these
once. Other texts are hashed by SHA-256, the one hash that DuckDB shares with MySQL 9, which has dropped MD5 and SHA1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor

from sqlglot import exp
from sqlmesh.utils.errors import SQLMeshError

Totals = list[int]
"""What rows sum up to: their number, then of each column the number of its values and its checksum."""

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

VALUE_PRIME = 2_147_483_629
"""The greatest prime below 2^31 - 1, which itself is what servers make of a number that is too large."""

VALUE_OFFSET = 2_654_435_769
"""Makes a value of 32 bits positive, and neither 0, which is what NULL adds, nor near a power of two, whose products
with neighbouring weights look alike: 2^32 divided by the golden ratio."""

WEIGHT_PRIME = 536_870_909
"""The greatest prime below 2^29."""

WEIGHT_OFFSET = 715_827_883
"""Makes a weight positive: two thirds of 2^30. A value times a weight stays below 2^63."""

KEY_FACTOR = 40_503
"""By which the number of a key's first columns is multiplied before that of the next is added."""

FEW_TEXTS = 10_000
"""Up to so many different texts a column's checksum is made of CRC32."""

SEPARATOR = "\x1f"
"""Stands between the texts of a row's values, and for NULL, where the digest of the row is taken."""


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


def checksums(columns: Sequence[Column], key: Sequence[Column]) -> tuple[list[str], list[str]]:
    """Return DuckDB's and MySQL's aggregates that are compared: the rows, then of each column its values and checksum.

    In DuckDB, a column named `crc32_of` it stands beside each one that `has_few_texts`.
    """
    sent, stored = ["COUNT(*)"], ["COUNT(*)"]
    sent_weight, stored_weight = _weights(key)
    for c in columns:
        sent_value, stored_value = _values(c)
        sent += [f"COUNT({duckdb_name(c.name)})", f"BIT_XOR(({sent_value} + {VALUE_OFFSET}) * {sent_weight})"]
        stored += [f"COUNT({mysql_name(c.name)})", f"BIT_XOR(({stored_value} + {VALUE_OFFSET}) * {stored_weight})"]
    return sent, stored


def _values(c: Column) -> tuple[str, str]:
    """Return DuckDB's and MySQL's expression for a value as a whole number of 32 bits, with its sign."""
    sent, stored = _numbers(c)
    if c.scale is None and (c.mysql in {"SMALLINT", "INT", "DATE"} or not c.sent_number):
        return sent, stored
    return f"{sent} % {VALUE_PRIME}", f"{stored} % {VALUE_PRIME}"


def _numbers(c: Column) -> tuple[str, str]:
    """Return DuckDB's and MySQL's expression for a value as a whole number of 64 bits; of a text, for its hash."""
    if c.sent_number:
        return f"{c.sent_number}::BIGINT", c.stored_number
    if c.scale is not None:
        return c.digits
    if c.has_few_texts:
        return duckdb_name(crc32_of(c)), f"CRC32({mysql_name(c.name)})"
    return _duckdb_hash(c.sent_text), _mysql_hash(c.stored_text)


def crc32_of(column: Column) -> str:
    """Return the name of the column with the CRC32 of a column's texts, in DuckDB."""
    return f"{column.name}__crc32"


def added_up(parts: Sequence[Totals], without: Sequence[Totals] = ()) -> Totals:
    """Return what `parts` of a table's rows sum up to together, without those of `without`, which are among them."""
    numbers = zip(*parts, *without, strict=True)
    return [
        sum(each[: len(parts)]) - sum(each[len(parts) :]) if position % 2 or not position else reduce(xor, each)
        for position, each in enumerate(numbers)
    ]


def _weights(key: Sequence[Column]) -> tuple[str, str]:
    """Return DuckDB's and MySQL's expression for the weight of a row, made of the numbers of its key."""
    sent, stored = zip(*map(_numbers, key), strict=True)
    return _weight(sent), _weight(stored)


def _weight(parts: Sequence[str]) -> str:
    residue = f"{parts[0]} % {WEIGHT_PRIME}"
    for part in parts[1:]:
        residue = f"(({residue}) * {KEY_FACTOR} + {part} % {WEIGHT_PRIME}) % {WEIGHT_PRIME}"
    return f"({residue} + {WEIGHT_OFFSET})"


def _duckdb_hash(text: str) -> str:
    return f"('0x' || LEFT(SHA256({text}), 8))::BIGINT"


def _mysql_hash(text: str) -> str:
    return f"CAST(CONV(LEFT(SHA2({text}, 256), 8), 16, 10) AS SIGNED)"


def digests(columns: Sequence[Column]) -> tuple[str, str]:
    """Return DuckDB's and MySQL's aggregate for the digest of all rows, in whatever order they are.

    The texts of a row's values are hashed together, so that a value lost, changed, or moved to another row or column
    changes the sum. SHA-256, since MySQL 9 has no MD5 any more.
    """
    sent, stored = _hashes(columns)
    return (
        f"COALESCE(SUM(('0x' || RIGHT({sent}, 16))::UBIGINT), 0)",
        f"COALESCE(SUM(CAST(CONV(RIGHT({stored}, 16), 16, 10) AS UNSIGNED)), 0)",
    )


def buckets(columns: Sequence[Column]) -> tuple[str, str]:
    """Return DuckDB's and MySQL's expression that deals rows to 4,096 buckets by the values of `columns`."""
    sent, stored = _hashes(columns)
    return f"LEFT({sent}, 3)", f"LEFT({stored}, 3)"


def _hashes(columns: Sequence[Column]) -> tuple[str, str]:
    sent = ", ".join(f"COALESCE({c.sent_text}, '{SEPARATOR}')" for c in columns)
    stored = ", ".join(f"COALESCE({c.stored_text}, '{SEPARATOR}')" for c in columns)
    return f"SHA256(CONCAT_WS('{SEPARATOR}', {sent}))", f"SHA2(CONCAT_WS('{SEPARATOR}', {stored}), 256)"


def duckdb_name(name: str) -> str:
    """Return the identifier quoted for DuckDB."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def mysql_name(name: str) -> str:
    """Return the identifier quoted for MySQL."""
    return exp.to_identifier(name, quoted=True).sql("mysql")

"""Checksums of columns that DuckDB and the server work out alike, whatever the order of the rows.

Two engines hold the same rows if every column has the same number of values and the same checksum in both. A column's
checksum is made in three steps, each plain arithmetic that DuckDB, MySQL and MariaDB do alike:

1. Each value becomes a whole number: an integer itself, a date its days since 1970, a decimal its digits, a text its
   hash; then VALUE_OFFSET is added, so that 0 differs from NULL, which adds nothing.
2. It is multiplied by the weight of its row, a number made of the primary key: so a value that moves to another row
   changes the checksum, though the values are the same.
3. The products of all rows are combined by XOR, for which their order does not matter.

Example: the column n of the rows (k = 1, n = 10) and (k = 2, n = 20), with k as the key.

    row     value                         weight                   product
    k = 1   10 + 2654435769 = 2654435779  1 + 715827883 = 715827884  1900119146895461636
    k = 2   20 + 2654435769 = 2654435789  2 + 715827883 = 715827885  1900119156708176265

    checksum: 1900119146895461636 XOR 1900119156708176265 = 24614157453
    with 10 and 20 swapped: 5161038203

How sure that is: one changed value always changes the checksum (of a text, or of a number of more than 32 bits, with
probability 1 - 2^-31). Of several changes only those escape that happen to cancel out: a chance of about 2^-29, of
about 2^-20 for flags of four neighbouring rows. XOR takes a server half the time of its decimal sums, all of it a third
of hashing every row, and it tells which column differs.

Texts are hashed by CRC32 where a column has few different ones: DuckDB does not have CRC32, so Python works it out for
each different text. Others are hashed by SHA-256, the one hash that DuckDB and MySQL 9 (without MD5 and SHA1) share.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import xor

from publisher.mysql_types import Column, duckdb_name, mysql_name

Totals = list[int]
"""What rows sum up to: their number, then of each column the number of its values and its checksum."""

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

"""How delivered text is read: trimmed, repaired, dated, keyed. docs/files.md#what-becomes-of-a-value says how."""

from __future__ import annotations

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator

LETTERS = "".join(chr(code) for code in range(0xC0, 0x100))
"""The accented letters of Latin-1: in UTF-8 each is the byte C3 and one more."""

SIGNS = LETTERS.encode().replace(b"\xc3", b"").decode("mac_roman")
"""What Mac Roman shows for that second byte, letter by letter; for C3 it shows √."""


@macro()
def repair_text(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return `text` trimmed, and with the letters that Mac Roman mangled put right; a √ before any other sign stays."""
    trimmed = f"TRIM({text.sql('duckdb')})"
    pieces = f"STRING_SPLIT(SUBSTRING({trimmed}, POSITION('√' IN {trimmed}) + 1), '√')"
    letter = f"TRANSLATE(LEFT(piece, 1), '{SIGNS}', '{LETTERS}') || SUBSTRING(piece, 2)"
    mended = f"CASE WHEN CONTAINS('{SIGNS}', LEFT(piece, 1)) AND piece <> '' THEN {letter} ELSE '√' || piece END"
    return (
        f"CASE WHEN CONTAINS({trimmed}, '√') THEN LEFT({trimmed}, POSITION('√' IN {trimmed}) - 1) "
        f"|| ARRAY_TO_STRING(LIST_TRANSFORM({pieces}, piece -> {mended}), '') ELSE {trimmed} END"
    )


@macro()
def identifier(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return an id as text, trimmed and in lower case. Never a number: SNOMED codes have up to 18 digits."""
    return f"LOWER(TRIM({text.sql('duckdb')}))"


@macro()
def integer_code(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return a code of a system whose codes are integers, trimmed and without the .0 that a column of floats leaves.

    SNOMED CT, RxNorm, CVX and DRG are such systems; ICD and LOINC are not (250.0 is a code of ICD-9-CM). Nothing else
    is changed: 1.24171e+14 has lost its digits, and must be seen among the unknown codes.
    """
    code = f"TRIM({text.sql('duckdb')})"
    cut = f"CASE WHEN REGEXP_MATCHES({code}, '^[0-9]+[.]0+$') THEN SPLIT_PART({code}, '.', 1) ELSE {code} END"
    return f"CAST({cut} AS TEXT)"  # SQLGlot knows no type of SPLIT_PART, and a model's unit tests need one


@macro()
def dotted_code(evaluator: MacroEvaluator, code_system: exp.Expression, code: exp.Expression) -> str:
    """Return a code as the warehouse writes it: an ICD code in upper case and with its dot, however delivered.

    I509 and I50.9 are one code. seeds/code_system.csv says which systems have a dot, and where: a code that does not
    have the form of its system stays as it is, and so does one of any other system.
    """
    system, delivered = code_system.sql("duckdb"), code.sql("duckdb")
    written = f"UPPER(TRIM({delivered}))"
    cases = "".join(
        f" WHEN {system} = '{row['code_system']}' AND REGEXP_MATCHES({written}, '{row['dot_pattern']}') "
        f"THEN RTRIM(REGEXP_REPLACE({written}, '{row['dot_pattern']}', '\\1.\\2'), '.')"
        for row in evaluator.var("code_systems") or []
        if row["dot_pattern"]
    )
    return f"CAST(CASE{cases} ELSE {delivered} END AS TEXT)" if cases else delivered


@macro()
def code_system_name(evaluator: MacroEvaluator, code_system: exp.Expression) -> str:
    """Return a code system under the name of the warehouse, where seeds/code_system.csv knows the delivered one."""
    delivered = f"TRIM({code_system.sql('duckdb')})"
    cases = "".join(
        f" WHEN '{name}' THEN '{row['code_system']}'"
        for row in evaluator.var("code_systems") or []
        for name in row["delivered_names"].split()
    )
    return f"CAST(CASE {delivered}{cases} ELSE {delivered} END AS TEXT)" if cases else delivered


@macro()
def plain_words(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return `text` as names are compared: in lower case, _ and - as blanks (Self-Pay, self_pay)."""
    return f"REPLACE(REPLACE(LOWER(TRIM({text.sql('duckdb')})), '_', ' '), '-', ' ')"


@macro()
def zip5(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return a US ZIP's five digits; three or four get back the zeros a spreadsheet took; anything else is NULL."""
    zip_code = f"TRIM({text.sql('duckdb')})"
    return (
        f"CASE WHEN REGEXP_MATCHES({zip_code}, '^[0-9]{{3,5}}(-[0-9]{{4}})?$') "
        f"THEN LPAD(SPLIT_PART({zip_code}, '-', 1), 5, '0') END"
    )


@macro()
def zip_plus4(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return the four digits behind a ZIP+4's dash; NULL where there are none."""
    zip_code = f"TRIM({text.sql('duckdb')})"
    return f"CASE WHEN REGEXP_MATCHES({zip_code}, '^[0-9]{{3,5}}-[0-9]{{4}}$') THEN SPLIT_PART({zip_code}, '-', 2) END"


@macro()
def utc_time(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return an ISO-8601 time as a UTC timestamp in whole seconds; without a zone it is UTC already."""
    return f"DATE_TRUNC('second', CAST({text.sql('duckdb')} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"


@macro()
def hospital_time(evaluator: MacroEvaluator, utc: exp.Expression) -> str:
    """Return a UTC timestamp as the hospital's wall clock shows it (HOSPITAL_TIMEZONE, an IANA name)."""
    zone = str(evaluator.var("hospital_timezone", "UTC")).replace("'", "''")
    return f"CAST({utc.sql('duckdb')} AT TIME ZONE 'UTC' AT TIME ZONE '{zone}' AS TIMESTAMP)"


@macro()
def hospital_time_in_utc(evaluator: MacroEvaluator, wall_clock: exp.Expression) -> str:
    """Return what the hospital's wall clock shows as a UTC timestamp: `hospital_time` the other way round.

    Of the hour that a clock goes through twice, the second.
    """
    zone = str(evaluator.var("hospital_timezone", "UTC")).replace("'", "''")
    return f"CAST({wall_clock.sql('duckdb')} AT TIME ZONE '{zone}' AT TIME ZONE 'UTC' AS TIMESTAMP)"


@macro()
def written_time(evaluator: MacroEvaluator, text: exp.Expression) -> str:
    """Return an ISO-8601 time by the clock that wrote it, without its offset, in whole seconds; a day at midnight.

    A time in UTC, or without an offset, tells no such clock: the hospital's shows it.
    """
    written, offset = f"TRIM({text.sql('duckdb')})", "[+-][0-9]{2}:?[0-9]{2}$"
    utc = exp.maybe_parse(utc_time(evaluator, text), dialect="duckdb")
    return (
        f"CAST(CASE WHEN LENGTH({written}) <= 10 THEN CAST({written} AS TIMESTAMP) "
        f"WHEN REGEXP_MATCHES({written}, '{offset}') AND NOT REGEXP_MATCHES({written}, '[+-]00:?00$') "
        f"THEN DATE_TRUNC('second', CAST(REGEXP_REPLACE({written}, '{offset}', '') AS TIMESTAMP)) "
        f"ELSE {hospital_time(evaluator, utc)} END AS TIMESTAMP)"
    )


@macro()
def surrogate_key(evaluator: MacroEvaluator, *parts: exp.Expression) -> str:
    """Return the integer key of a natural key: 52 bits of its MD5, exact in Power Query, JSON and Excel.

    It is the same in every run. NULL where a part is NULL.
    """
    natural = " || '|' || ".join(f"CAST({part.sql('duckdb')} AS TEXT)" for part in parts)
    return f"CAST('0x' || SUBSTRING(MD5({natural}), 1, 13) AS BIGINT)"


@macro()
def date_key(evaluator: MacroEvaluator, moment: exp.Expression, missing: exp.Expression) -> str:
    """Return `moment`'s day as yyyymmdd, the key of star.dim_date; `missing` is the sentinel day for a NULL."""
    day = moment.sql("duckdb")
    return (
        f"CASE WHEN {day} IS NULL THEN {missing.sql('duckdb')} "
        f"ELSE YEAR({day}) * 10000 + MONTH({day}) * 100 + DAY({day}) END"
    )


@macro()
def fill_dates(evaluator: MacroEvaluator) -> list[str]:
    """Return the dates that systems write for no date: those of seeds/fill_date.csv."""
    return [f"DATE '{day}'" for day in evaluator.var("fill_dates") or []]


@macro()
def version_day(evaluator: MacroEvaluator, moment: exp.Expression) -> str:
    """Return the day on which to look for a version of a patient: `moment`'s, the last for NULL, 1900-01-01 before."""
    day = f"CAST({moment.sql('duckdb')} AS DATE)"
    return f"GREATEST(COALESCE({day}, DATE '9999-12-31'), DATE '1900-01-01')"


@macro()
def age_years(evaluator: MacroEvaluator, birth_date: exp.Expression, moment: exp.Expression) -> str:
    """Return the full years from a birthday to an event: calendar arithmetic, not hours / 8760. NULL before birth."""
    born, day = birth_date.sql("duckdb"), f"CAST({moment.sql('duckdb')} AS DATE)"
    had_no_birthday = f"CASE WHEN MONTH({day}) * 100 + DAY({day}) < MONTH({born}) * 100 + DAY({born}) THEN 1 ELSE 0 END"
    return f"CASE WHEN {day} >= {born} THEN YEAR({day}) - YEAR({born}) - {had_no_birthday} END"


@macro()
def member_key(evaluator: MacroEvaluator, found: exp.Expression, delivered: exp.Expression) -> str:
    """Return the dimension's key where it was found; else -1 Unknown for no value, -3 Invalid for one without a row."""
    key, value = found.sql("duckdb"), delivered.sql("duckdb")
    return f"CASE WHEN NOT {key} IS NULL THEN {key} WHEN {value} IS NULL THEN -1 ELSE -3 END"


@macro()
def even_share(evaluator: MacroEvaluator, place: exp.Expression, rows: exp.Expression) -> str:
    """Return one of `rows` equal shares of 1, to six decimals; the last place takes what rounding left."""
    at, n = place.sql("duckdb"), rows.sql("duckdb")
    share = f"CAST(1.0 / {n} AS DECIMAL(9, 6))"
    return f"CAST(CASE WHEN {at} < {n} THEN {share} ELSE 1 - ({n} - 1) * {share} END AS DECIMAL(9, 6))"

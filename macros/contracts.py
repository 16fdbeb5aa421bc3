"""The blueprints of models/raw: one raw model for each contract, reading the tables that its feeds delivered last."""

from __future__ import annotations

import re
import typing as t

from sqlglot import exp
from sqlmesh import macro
from sqlmesh.core.macros import MacroEvaluator


@macro()
def landed_tables(evaluator: MacroEvaluator) -> exp.Tuple:
    """Return one blueprint a contract: its table, what each feed delivered of it, its columns, and what breaks it."""
    delivered = evaluator.var("deliveries") or {}
    return exp.tuple_(
        *(
            _blueprint(evaluator, contract, delivered.get(contract["name"]) or [])
            for contract in evaluator.var("contracts") or []
        )
    )


@macro()
def landed_rows(evaluator: MacroEvaluator, feeds: exp.Array, names: exp.Tuple) -> exp.Query:
    """Return the landed rows of all feeds, as text, with the feed's name and each row's number in its delivery.

    A column that a feed did not deliver is NULL; where nobody delivered the table, there are no rows.
    """
    columns = [name.name for name in names.expressions]
    parts = [_landed_feed(feed, columns) for feed in feeds.expressions]
    return exp.union(*parts, distinct=False) if len(parts) > 1 else (parts or [_nothing(columns)])[0]


def _landed_feed(feed: exp.Array, columns: list[str]) -> exp.Select:
    """Return the rows of one feed: an array of its name, its landed table, and which columns there are each of ours."""
    source_system, landed = (item.name for item in feed.expressions[:2])
    return exp.select(
        exp.alias_(exp.cast(exp.Literal.string(source_system), "TEXT"), "source_system"),
        exp.alias_(exp.column("rowid") + 1, "record_number"),
        *(
            exp.alias_(_delivered([own.name for own in there.expressions]), name, quoted=True)
            for name, there in zip(columns, feed.expressions[2:], strict=True)
        ),
    ).from_(exp.table_(landed, db="landing"))


def _delivered(names: list[str]) -> exp.Expression:
    """Return what a file has under one of these names, of which it fills one."""
    columns = [exp.column(name, quoted=True) for name in names]
    return exp.func("COALESCE", *columns) if len(columns) > 1 else (columns or [exp.cast(exp.null(), "TEXT")])[0]


def _nothing(columns: list[str]) -> exp.Select:
    nothing = [exp.alias_(exp.cast(exp.null(), "TEXT"), name, quoted=True) for name in ("source_system", *columns)]
    nothing.insert(1, exp.alias_(exp.cast(exp.null(), "BIGINT"), "record_number"))
    return exp.select(*nothing).where(exp.false())


def _blueprint(evaluator: MacroEvaluator, contract: dict[str, t.Any], feeds: list[dict[str, t.Any]]) -> exp.Tuple:
    names = [column["name"] for column in contract["columns"]]
    broken = [*_faults_of_row(contract, evaluator.var("total_words"))]
    patterns = {row["value_type"]: row for row in evaluator.var("value_patterns")}
    broken += [fault for column in contract["columns"] for fault in _faults(column, contract["null_marks"], patterns)]
    # Not CONCAT_WS: SQLGlot 30.8 rewrites it to a NULL where any part is NULL (tests/test_models.py watches for it).
    fault = f"NULLIF(ARRAY_TO_STRING([{', '.join(broken)}], '; '), '')" if broken else "NULL::TEXT"
    values = [_read(column, contract["null_marks"], fault) for column in contract["columns"]]
    properties = {
        "source_table": exp.to_identifier(contract["name"]),
        # Arrays, not tuples: a tuple of one comes back from SQLMesh as a value in parentheses, without expressions.
        "feeds": exp.array(*(_feed(feed, contract) for feed in feeds)),
        "names": exp.tuple_(*(exp.column(name, quoted=True) for name in names)),
        "columns": exp.tuple_(*(exp.maybe_parse(value, dialect="duckdb") for value in values)),
        "violation": exp.maybe_parse(fault, dialect="duckdb"),
    }
    return exp.tuple_(
        *(exp.PropertyEQ(this=exp.to_identifier(key), expression=value) for key, value in properties.items())
    )


def _feed(feed: dict[str, t.Any], contract: dict[str, t.Any]) -> exp.Array:
    """Return a feed's name, its landed table, and of each column of the contract the names that it may have there.

    A file of an older layout has the column under a former header (`formerly`).
    """
    there = set(feed["columns"])
    return exp.array(
        *map(exp.Literal.string, (feed["source_system"], feed["landed"])),
        *(
            exp.array(*(exp.Literal.string(n) for n in (column["name"], *_former_names(column)) if n in there))
            for column in contract["columns"]
        ),
    )


def _former_names(column: dict[str, t.Any]) -> t.Iterator[str]:
    """Yield the names under which the column's former headers land."""
    return (header.strip().lower() for header in column.get("formerly", ()))


def _read(column: dict[str, t.Any], null_marks: list[str], fault: str) -> str:
    """Return the column as it is meant: a mark of "no value" as NULL, a date of the contract's format as ISO text.

    In a row that has a `fault` the date stays as it was delivered: quarantine shows what the file says.
    """
    name, value = column["name"], _value(column["name"], null_marks)
    if column.get("format"):
        iso = "%Y-%m-%d" if column["type"] == "DATE" else "%Y-%m-%d %H:%M:%S"
        value = f"CASE WHEN {fault} IS NULL THEN STRFTIME({_moment(value, column['format'])}, '{iso}') ELSE {value} END"
    return f'{value} AS "{name}"'


def _moment(value: str, form: str) -> str:
    """Return the value as a TIMESTAMP, read by a format; NULL where it has another."""
    return f"TRY_STRPTIME(TRIM({value}), {_literal(form)})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _value(name: str, null_marks: list[str]) -> str:
    # Not TRIM(x) IN (...): of six marks and more DuckDB makes a join, once for each place where the value stands.
    marks = " ".join(f"WHEN {_literal(mark)} THEN NULL" for mark in null_marks)
    return f'CASE TRIM("{name}") {marks} ELSE "{name}" END' if marks else f'"{name}"'


def _faults_of_row(contract: dict[str, t.Any], total_words: list[str]) -> t.Iterator[str]:
    """Yield SQL texts that say of a row that it holds no data: a header once more, or a row of totals."""
    columns = contract["columns"]
    if len(columns) < 2:
        return
    values = {column["name"]: _value(column["name"], contract["null_marks"]) for column in columns}
    repeats = []
    for column in columns:
        names = {column["name"].lower(), column.get("header", "").strip().lower(), *_former_names(column)}
        value = values[column["name"]]
        repeats.append(f"({value} IS NULL OR LOWER(TRIM({value})) IN ({', '.join(map(_literal, sorted(names)))}))")
    filled = " OR ".join(f"{value} IS NOT NULL" for value in values.values())
    yield f"CASE WHEN {' AND '.join(repeats)} AND ({filled}) THEN 'the row repeats the header' END"
    texts = [values[column["name"]] for column in columns if column["type"] == "VARCHAR"]
    if texts:
        number = " + ".join(f"CASE WHEN {text} IS NULL THEN 0 ELSE 1 END" for text in texts)
        first, totals = ", ".join([*texts, "NULL"]), ", ".join(map(_literal, total_words))
        yield f"CASE WHEN LOWER(TRIM(COALESCE({first}))) IN ({totals}) AND {number} = 1 THEN 'the row holds totals' END"


def _faults(column: dict[str, t.Any], null_marks: list[str], patterns: dict[str, dict[str, str]]) -> t.Iterator[str]:
    """Yield SQL texts that say what is wrong with the column in a row, NULL where nothing is."""
    name, kind, value = column["name"], column["type"], _value(column["name"], null_marks)
    if column["required"]:
        yield f"CASE WHEN {value} IS NULL THEN '{name} is missing' END"
    if column.get("format"):
        fault = f"' is not a valid {kind} as {column['format']}"
        # %Y reads two digits, too: 1/5/24 would be a day of the year 24.
        moment = _moment(value, column["format"])
        wrong = f"({moment} IS NULL OR YEAR({moment}) < 1000)"
        yield f"CASE WHEN {value} IS NOT NULL AND {wrong} THEN '{name} ''' || \"{name}\" || {_literal(fault)} END"
    elif kind != "VARCHAR":
        # A cast alone takes too much: 1_000, 0x1F, 2020-01-01 BC, words such as epoch; and it rounds 100.005 to 100.01.
        base, *scale = re.findall(r"\w+", kind)
        cast = "TIMESTAMPTZ" if kind == "TIMESTAMP" else kind  # text without a zone is read as UTC
        whole, more = patterns[base]["pattern"], patterns[base]["more_decimals"]
        wrong = f"TRY_CAST({value} AS {cast}) IS NULL OR NOT REGEXP_MATCHES(TRIM({value}), {_literal(whole)})"
        cases = f"WHEN {wrong} THEN " + _quoting(name, f"' is not a valid {kind}")
        if more and not column.get("round"):
            more = _literal(more.replace("scale", scale[1] if scale[1:] else "0"))
            fault = _quoting(name, f"' is not a valid {kind}: it has more decimals")
            cases += f" WHEN REGEXP_MATCHES({value}, {more}) THEN {fault}"
        yield f"CASE WHEN {value} IS NULL THEN NULL {cases} END"


def _quoting(name: str, fault: str) -> str:
    """Return the SQL text of a fault that quotes the column's value."""
    return f"'{name} ''' || \"{name}\" || {_literal(fault)}"


@macro()
def contract_checks(evaluator: MacroEvaluator) -> str:
    """Return a query of the checks that follow from the contracts, one row a feed, delivered table and check.

    Rows quarantined, those of them with a value of another type, and rows lost (landed, yet neither staged nor
    quarantined), of the rows landed; and of each column that was delivered, the rows without a value. A table that was
    delivered without rows has its checks, of 0 rows. Each table is read once.
    """
    deliveries = evaluator.var("deliveries") or {}
    return " UNION ALL ".join(
        _checks_of_contract(contract, deliveries.get(contract["name"]) or [])
        for contract in evaluator.var("contracts") or []
    )


def _checks_of_contract(contract: dict[str, t.Any], feeds: list[dict[str, t.Any]]) -> str:
    name, columns = contract["name"], [column["name"] for column in contract["columns"]]
    listed = "".join(f', "{column}"' for column in columns)
    # One row more a feed, of NULLs alone and counted nowhere: so that a table without rows has its checks.
    delivered = "".join(
        f" UNION ALL SELECT {_literal(feed['source_system'])}, NULL, NULL{', NULL' * len(columns)}" for feed in feeds
    )
    counts = "".join(f', COUNT("{column}") AS "{column}"' for column in columns)
    failing = {
        "rows quarantined": "COALESCE(held.n, 0)",
        "rows lost": "landed.n - COALESCE(staged.n, 0) - COALESCE(held.n, 0)",
        # A fault that quotes a value is one of its type; of another, no value is there to quote.
        "rows of another type": "landed.n_of_another_type",
        **{f"{column} missing": f'landed.n - landed."{column}"' for column in columns},
    }
    names = ", ".join(f"('{check}')" for check in failing)
    cases = " ".join(f"WHEN '{check}' THEN {count}" for check, count in failing.items())
    undelivered = [
        f"'{feed['source_system']}|{column['name']} missing'"
        for feed in feeds
        for column in contract["columns"]
        if not {column["name"], *_former_names(column)} & set(feed["columns"])
    ]
    of_delivered = f" WHERE NOT landed.source_system || '|' || c.check_name IN ({', '.join(undelivered)})"
    return (
        f"SELECT landed.source_system, '{name}' AS source_table, c.check_name, "
        f"CASE c.check_name {cases} END AS n_failing, landed.n AS n_checked "
        f"FROM (SELECT source_system, COUNT(record_number) AS n{counts}, "
        f"COUNT(CASE WHEN violation LIKE '%'' is not a valid %' THEN 1 END) AS n_of_another_type "
        f"FROM (SELECT source_system, record_number, violation{listed} FROM raw.{name}{delivered}) AS told "
        f"GROUP BY source_system) AS landed "
        f"LEFT JOIN (SELECT source_system, COUNT(*) AS n FROM quarantine.{name} GROUP BY source_system) AS held "
        f"ON held.source_system = landed.source_system "
        f"LEFT JOIN (SELECT source_system, COUNT(*) AS n FROM staging.stg_{name} GROUP BY source_system) AS staged "
        f"ON staged.source_system = landed.source_system "
        f"CROSS JOIN (VALUES {names}) AS c(check_name)" + (of_delivered if undelivered else "")
    )

"""The DAX of metrics: what seeds/metric.csv declares in SQL, translated to follow the filters of a report.

DAX has no NULL: BLANK = 0 is true, BLANK + 1 is 1, BLANK < 5 is true. So a condition is translated as "is true" or "is
false", which is what WHERE and CASE ask, never as a value, and a column that can be NULL is guarded. What is not known
here to mean the same raises: a metric that DAX would answer differently must not come to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from sqlglot import exp, parse_one

from scripts.powerbi_check import ONE_SOURCE
from workbench import families

Row = dict[str, str]

SOURCE_TABLE = "dim_source_system"
DATE_TABLE = "dim_date"
PATIENT = "patient_durable_key"
HOSPITAL_TABLE = "dim_organization"
ALL_HOSPITALS = -2
"""What mart_kpi has as organization_key where a row is of all hospitals."""

NO_SOURCE = "warehouse"
"""The source of the members of a dimension that stand for none."""

WHOLE = f'[Chosen period] == "all" && [Chosen hospital] == {ALL_HOSPITALS} && [Chosen slice] == "all"'
"""The condition that the filters leave a source as a whole."""

RECOUNTED = {"proportion", "mean", "geometric_mean", "ratio", "total", "median", "standardized_ratio"}
"""Kinds that follow from the rows of a fact. A metric of any other kind is looked up in mart_kpi."""

COMPARED = {exp.EQ: "==", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
OPPOSITE = {exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.LT: exp.GTE, exp.GTE: exp.LT, exp.GT: exp.LTE, exp.LTE: exp.GT}
ADDED = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
AGGREGATED = {exp.Sum: "SUM", exp.Min: "MIN", exp.Max: "MAX", exp.Avg: "AVERAGE", exp.Median: "MEDIAN"}


class NotTranslated(ValueError):
    """SQL that is not known here to mean the same in DAX."""


def parsed(sql: str) -> exp.Expression:
    """Return the expression, parsed as DuckDB reads it."""
    return parse_one(sql, dialect="duckdb")


def conjuncts(condition: exp.Expression) -> list[exp.Expression]:
    """Return the conditions that AND joins."""
    condition = condition.unnest()
    if not isinstance(condition, exp.And):
        return [condition]
    return [part for side in (condition.left, condition.right) for part in conjuncts(side)]


@dataclass(frozen=True)
class Translator:
    """SQL over the columns of one table into DAX; `can_be_null` says of each column whether it may hold NULL."""

    table: str
    can_be_null: dict[str, bool]

    def is_open(self, e: exp.Expression) -> bool:
        """Say whether a row can have no value of `e`."""
        if isinstance(e, exp.Case):
            results = [branch.args["true"] for branch in e.args["ifs"]]
            return e.args.get("default") is None or any(map(self.is_open, [*results, e.args["default"]]))
        if isinstance(e, exp.Coalesce):
            return all(map(self.is_open, [e.this, *e.expressions]))
        if isinstance(e, exp.Div):
            return not self._is_number_but_0(e.expression) or self.is_open(e.this)
        if isinstance(e, (exp.Nullif, exp.Null)):
            return True
        return any(self._column(column) for column in e.find_all(exp.Column))

    def known(self, *parts: exp.Expression) -> list[str]:
        """Return the conditions that every part has a value."""
        return list(dict.fromkeys(f"NOT ISBLANK ( {self.value(need)} )" for e in parts for need in self._needed(e)))

    def _needed(self, e: exp.Expression) -> list[exp.Expression]:
        """Return what must have a value for `e` to have one: of plain arithmetic, its columns."""
        if not self.is_open(e):
            return []
        if isinstance(e, (exp.Paren, exp.Neg, exp.Ln)) or (
            isinstance(e, exp.Div) and self._is_number_but_0(e.expression)
        ):
            return self._needed(e.this)
        if type(e) in ADDED:
            return [*self._needed(e.left), *self._needed(e.right)]
        return [e]

    def value(self, e: exp.Expression) -> str:
        """Return the value of `e` in a row."""
        if isinstance(e, exp.Column):
            self._column(e)
            return f"{self.table}[{e.name}]"
        if isinstance(e, exp.Literal):
            return '"' + e.name.replace('"', '""') + '"' if e.is_string else e.name
        if isinstance(e, exp.Null):
            return "BLANK ()"
        if isinstance(e, exp.Paren):
            return f"( {self.value(e.this)} )"
        if isinstance(e, exp.Neg):
            return f"-{self.value(e.this)}"
        if type(e) in ADDED:
            known = [] if isinstance(e, exp.Mul) else self.known(e.left, e.right)
            result = f"{self.value(e.left)} {ADDED[type(e)]} {self.value(e.right)}"
            return f"IF ( {' && '.join(known)}, {result} )" if known else result
        if isinstance(e, exp.Div):
            return f"DIVIDE ( {self.value(e.left)}, {self.value(e.right)} )"
        if isinstance(e, exp.Coalesce):
            return f"COALESCE ( {', '.join(map(self.value, [e.this, *e.expressions]))} )"
        if isinstance(e, exp.Ln):
            # What has no logarithm stops the query in SQL: a value that is known has one.
            return f"LN ( {self.value(e.this)} )"
        if isinstance(e, exp.Nullif):
            return f"IF ( NOT {self.value(e.this)} == {self.value(e.expression)}, {self.value(e.this)} )"
        if isinstance(e, exp.Case) and e.this is None:
            branches = [(self.true(branch.this), self.value(branch.args["true"])) for branch in e.args["ifs"]]
            otherwise = e.args.get("default")
            last = self.value(otherwise) if otherwise is not None else "BLANK ()"
            return reduce(lambda rest, branch: f"IF ( {branch[0]}, {branch[1]}, {rest} )", reversed(branches), last)
        raise NotTranslated(f"no DAX is known for {e.sql('duckdb')}")

    def true(self, e: exp.Expression) -> str:
        """Return the condition that `e` is true."""
        return self._condition(e, True)

    def _condition(self, e: exp.Expression, wanted: bool) -> str:
        """Return the condition that `e` is `wanted`: neither holds where SQL says NULL."""
        if isinstance(e, exp.Paren):
            return f"( {self._condition(e.this, wanted)} )"
        if isinstance(e, exp.Not):
            return self._condition(e.this, not wanted)
        if isinstance(e, (exp.And, exp.Or)):
            sign = "&&" if isinstance(e, exp.And) == wanted else "||"
            return f"( {self._condition(e.left, wanted)} {sign} {self._condition(e.right, wanted)} )"
        if isinstance(e, exp.Is) and isinstance(e.expression, exp.Null):
            return ("" if wanted else "NOT ") + f"ISBLANK ( {self.value(e.this)} )"
        if isinstance(e, exp.Boolean):
            return "TRUE ()" if e.this == wanted else "FALSE ()"
        if isinstance(e, exp.Between):
            low, high = exp.GTE(this=e.this, expression=e.args["low"]), exp.LTE(this=e.this, expression=e.args["high"])
            return self._condition(exp.and_(low, high), wanted)
        if isinstance(e, exp.In) and e.expressions and all(isinstance(x, exp.Literal) for x in e.expressions):
            listed = f"{self.value(e.this)} IN {{ {', '.join(map(self.value, e.expressions))} }}"
            return " && ".join([*self.known(e.this), listed if wanted else f"NOT {listed}"])
        if type(e) in COMPARED:
            kind = type(e) if wanted else OPPOSITE[type(e)]
            # == tells BLANK from 0 and from an empty text, where not both sides can be BLANK.
            is_strict = kind is exp.EQ and not (self.is_open(e.left) and self.is_open(e.right))
            known = [] if is_strict else self.known(e.left, e.right)
            return " && ".join([*known, f"{self.value(e.left)} {COMPARED[kind]} {self.value(e.right)}"])
        raise NotTranslated(f"no DAX is known for {e.sql('duckdb')}")

    def aggregate(self, e: exp.Expression) -> str:
        """Return an aggregate over the rows that the filters leave."""
        if type(e) not in AGGREGATED:
            raise NotTranslated(f"no DAX is known for the aggregate {e.sql('duckdb')}")
        if isinstance(e.this, exp.Column):
            return f"{AGGREGATED[type(e)]} ( {self.value(e.this)} )"
        if isinstance(e, exp.Sum) and e.this == exp.Literal.number(1):
            return f"COUNTROWS ( {self.table} )"
        return f"{AGGREGATED[type(e)]}X ( {self.table}, {self.value(e.this)} )"

    def sum_where(self, e: exp.Expression, known: list[str]) -> str:
        """Return the sum of `e` over the rows where `known` holds: 0, not BLANK, where there are such rows."""
        if isinstance(e, exp.Case) and len(e.args["ifs"]) == 1 and e.args.get("default") == exp.Literal.number(0):
            branch = e.args["ifs"][0]
            if not known or known == self.known(branch.args["true"]):
                # A filter finds the rows faster than a look at every row does.
                fitting = (
                    f"CALCULATE ( {self.sum_where(branch.args['true'], [])}, KEEPFILTERS ( {self.true(branch.this)} ) )"
                )
                return f"IF ( NOT ISBLANK ( {self.sum_where(parsed('1'), known)} ), {fitting} + 0 )"
        own = self.known(e)
        if isinstance(e, exp.Literal) and known and known == self.known(column := self._only_column(known)):
            return f"COUNT ( {self.value(column)} )"
        if not [*own, *known] or (isinstance(e, exp.Column) and known in ([], own)):
            return self.aggregate(exp.Sum(this=e))
        rows = f"IF ( {' && '.join(known)}, {self.value(e)} )" if known else self.value(e)
        return f"SUMX ( {self.table}, {rows} )"

    def patients_where(self, known: list[str]) -> str:
        """Return the number of patients of the rows where `known` holds."""
        number = f"DISTINCTCOUNT ( {self.table}[{PATIENT}] )"
        return f"CALCULATE ( {number}, {', '.join(f'KEEPFILTERS ( {k} )' for k in known)} )" if known else number

    def _only_column(self, known: list[str]) -> exp.Expression:
        """Return the column of which `known` says that it has a value; NULL where it says more."""
        for name, can_be_null in self.can_be_null.items():
            if can_be_null and known == self.known(exp.column(name)):
                return exp.column(name)
        return exp.null()

    def _column(self, column: exp.Column) -> bool:
        if column.name not in self.can_be_null or column.table:
            raise NotTranslated(f"{self.table} has no column {column.sql('duckdb')}")
        return self.can_be_null[column.name]

    @staticmethod
    def _is_number_but_0(e: exp.Expression) -> bool:
        return isinstance(e, exp.Literal) and not e.is_string and float(e.name) != 0


@dataclass(frozen=True)
class Subject:
    """A fact that metrics observe: its columns, its days by role, and the tables whose filters reach it."""

    name: str
    fact: str
    can_be_null: dict[str, bool]
    dates: dict[str, str]
    reached_by: frozenset[str]

    @property
    def guard(self) -> str:
        """The name of the measure that says whether the filters fit the subject."""
        return f"Filters fit {self.name}"


def date_roles(row: Row) -> dict[str, str]:
    """Return the columns of a subject's days by their role; the first is the one that a filter on the day takes."""
    return dict(date.split("=") for date in row["dates"].split())


def is_recounted(metric: Row, subjects: dict[str, Subject]) -> bool:
    """Say whether the rows of a published fact tell the metric, so that it follows any filter."""
    return bool(metric["numerator"]) and metric["kind"] in RECOUNTED and metric["subject"] in subjects


def parts(metric: Row, subject: Subject) -> dict[str, str]:
    """Return the DAX of a metric that is recounted: its value, n, patients, and what the value is made of."""
    try:
        return _parts(metric, subject)
    except NotTranslated as fault:
        named = f"{metric['metric_code']}/{metric['definition_version']}"
        raise NotTranslated(f"seeds/metric.csv: {named}: {fault}") from fault


def _parts(metric: Row, subject: Subject) -> dict[str, str]:
    dax = Translator(subject.fact, subject.can_be_null)
    top, bottom = parsed(metric["numerator"]), parsed(metric["denominator"] or "1")
    if metric["counted_per"]:
        n, numerator, denominator = _by_patient(dax, top)
        patients = n
    else:
        # A row counts where it has both parts.
        above, below = dax.known(top), dax.known(bottom)
        if isinstance(bottom, exp.Column) and _needs(top) <= {bottom.name}:
            above = []  # what has the part below has the part above
        observed = [*dict.fromkeys([*above, *below])]
        n, patients = dax.sum_where(parsed("1"), observed), dax.patients_where(observed)
        numerator, denominator = dax.sum_where(top, below), dax.sum_where(bottom, above)
    keep = _filters(metric, subject, dax)

    def asked(expression: str, *conditions: str) -> str:
        filtered = call("CALCULATE", expression, *keep) if keep else expression
        if metric["kind"] == "total":
            # Of a feed that delivers what it takes, nothing was counted; under a filter, there may be nothing to count.
            filtered = call("COALESCE", filtered, f"IF ( {WHOLE}, 0 )")
        fits = [f"[{subject.guard}]", _delivered(metric), *conditions]
        return call("IF", "\n    && ".join(fits), filtered)

    if metric["kind"] == "total":
        return {"value": asked(numerator), "n": asked(n)}
    name = metric["metric_label"]
    below = denominator if metric["kind"] != "median" and denominator != n else None
    # What is divided by 0 has no value, and mart_kpi no row with its n.
    is_told = [f"[{name}: denominator] <> 0"] if below else []
    counted = {"n": asked(n, *is_told)} | ({"patients": asked(patients, *is_told)} if patients != n else {})
    if metric["kind"] == "median":
        return {"value": asked(dax.aggregate(exp.Median(this=top))), **counted}
    made = {"numerator": asked(numerator)} | ({"denominator": asked(below)} if below else {})
    value = f"DIVIDE ( [{name}: numerator], [{name}: {'denominator' if 'denominator' in made else 'n'}] )"
    if metric["kind"] == "geometric_mean":
        # The numerator adds up logarithms; EXP takes BLANK for 0.
        value = f"IF ( NOT ISBLANK ( [{name}: n] ), EXP ( {value} ) )"
    return {"value": value, **counted, **made}


def _by_patient(dax: Translator, aggregate: exp.Expression) -> tuple[str, str, str]:
    """Return n, numerator and denominator where an observation is a patient with rows that have a value."""
    known = dax.known(aggregate.this)
    rows = f"FILTER ( {dax.table}, {' && '.join(known)} )" if known else dax.table
    people = f"SUMMARIZE ( {rows}, {dax.table}[{PATIENT}] )"
    number = f"COUNTROWS ( {people} )"
    if isinstance(aggregate, exp.Sum):
        return number, dax.sum_where(aggregate.this, []), number
    return number, f"SUMX ( {people}, CALCULATE ( {dax.aggregate(aggregate)} ) )", number


def _filters(metric: Row, subject: Subject, dax: Translator) -> list[str]:
    """Return the filters of CALCULATE. They are kept beside those of the report, which they never overwrite."""
    conditions = conjuncts(parsed(metric["filter"])) if metric["filter"] else []
    keep = [f"KEEPFILTERS ( {dax.true(condition)} )" for condition in conditions]
    date_key = subject.dates[metric["counted_by"]]
    if date_key != next(iter(subject.dates.values())):
        keep.append(f"USERELATIONSHIP ( {subject.fact}[{date_key}], {DATE_TABLE}[date_key] )")
    return keep


def _delivered(metric: Row) -> str:
    """Return the condition that the source delivers all that the metric requires."""
    names = metric["requires"].split()
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        "CALCULATE ( SUM ( mart_capability[is_delivered] ), "
        f"mart_capability[capability] IN {{ {listed} }} ) == {len(names)}"
    )


def _needs(e: exp.Expression) -> set[str]:
    """Return the columns without whose value `e` has none, * where that cannot be told."""
    if isinstance(e, exp.Case):
        results = [*(branch.args["true"] for branch in e.args["ifs"]), e.args.get("default") or exp.null()]
        return set().union(*map(_needs, results))
    cannot_tell = {"*"} if any(e.find_all(exp.Null, exp.Div, exp.Nullif)) else set()
    return {column.name for column in e.find_all(exp.Column)} | cannot_tell


def looked_up(metric: Row, part: str) -> str:
    """Return the DAX of what mart_kpi says of a metric under the filters: value, n, low, high or small."""
    return call(
        "CALCULATE",
        f"[Looked up {part}]",
        f'mart_kpi[metric_code] == "{metric["metric_code"]}"',
        f'mart_kpi[definition_version] == "{metric["definition_version"]}"',
    )


# What all metrics share: whether the filters fit, and which row of mart_kpi they ask for.


def guard(subject: Subject, tables: Iterable[str]) -> str:
    """Return the DAX that says whether one source is left and no filter lies where it does not reach the fact."""
    beyond = [f"ISFILTERED ( {table} )" for table in tables if table not in {*subject.reached_by, subject.fact}]
    return "\n    && ".join([ONE_SOURCE, *(f"NOT {filtered}" for filtered in beyond)])


def chosen_period() -> str:
    """Return the DAX of mart_kpi's period that the filters leave: all, a whole year, a whole month, else BLANK."""
    month = f'SELECTEDVALUE ( {DATE_TABLE}[year_label] ) & "-" & FORMAT ( SELECTEDVALUE ( {DATE_TABLE}[month] ), "00" )'
    return call(
        "SWITCH",
        "TRUE ()",
        f'NOT ISFILTERED ( {DATE_TABLE} ), "all"',
        f"{_whole(DATE_TABLE, 'year_label')}, SELECTEDVALUE ( {DATE_TABLE}[year_label] )",
        f"{_whole(DATE_TABLE, 'year_month')}, {month}",
    )


def chosen_hospital() -> str:
    """Return the DAX of mart_kpi's hospital that the filters leave: all, or one of the source, else BLANK.

    Hospitals of several sources may have one name. What stands for no hospital has the key of all, and is not chosen.
    """
    key = f"{HOSPITAL_TABLE}[organization_key]"
    of_the_source = f'KEEPFILTERS ( {HOSPITAL_TABLE}[source_system] IN {{ source, "{NO_SOURCE}" }} )'
    one = call("CALCULATE", f"SELECTEDVALUE ( {key} )", of_the_source, f"KEEPFILTERS ( {key} <> {ALL_HOSPITALS} )")
    return f"VAR source = SELECTEDVALUE ( {SOURCE_TABLE}[source_system] )\nRETURN\n" + indented(
        call("IF", f"ISFILTERED ( {HOSPITAL_TABLE} )", one, str(ALL_HOSPITALS)), "    "
    )


def chosen_slice(tables: Iterable[str]) -> str:
    """Return the DAX of mart_kpi's slice that the filters leave: all, or one label of one dimension, else BLANK.

    A filter on the hospital is none: mart_kpi has every slice of each hospital.
    """
    tables = [table for table in tables if table != HOSPITAL_TABLE]
    filtered = [f"IF ( ISFILTERED ( {table} ), 1, 0 )" for table in tables]
    # Of slices that leave the same rows, that on whose label the filter lies: mart_kpi may have no row of the other.
    slices = [
        f'ISFILTERED ( {lies_on} ) && {_whole(table, label)}, "{name}"'
        for is_own in (True, False)
        for name, table, label in _slices(set(tables))
        for lies_on in [f"{table}[{label}]" if is_own else table]
    ]
    number = "\n    + ".join(filtered)
    return f"VAR filtered =\n    {number}\nRETURN\n" + indented(
        call("SWITCH", "TRUE ()", 'filtered == 0, "all"', "filtered > 1, BLANK ()", *slices), "    "
    )


def chosen_slice_value(tables: Iterable[str]) -> str:
    """Return the DAX of the label of that slice."""
    labels = [
        f'"{name}", COALESCE ( SELECTEDVALUE ( {table}[{label}] ), "Unknown" )'
        for name, table, label in _slices(set(tables))
    ]
    return call("SWITCH", "[Chosen slice]", '"all", "all"', *labels)


def _slices(tables: set[str]) -> list[tuple[str, str, str]]:
    """Return name, table and label of every slice of mart_kpi whose dimension is in the model; the hospital is none."""
    published = families.published_names()
    rows = [(row["slice"], published[row["dimension"]], row["label"]) for row in families.seed("metric_slice")]
    return [row for row in rows if row[1] in tables - {HOSPITAL_TABLE}]


def _whole(table: str, column: str) -> str:
    """Return the condition that the filters leave all rows of one value of a column, whatever column they lie on."""
    rows = f"COUNTROWS ( {table} )"
    of_the_value = f"CALCULATE ( {rows}, REMOVEFILTERS ( {table} ), VALUES ( {table}[{column}] ) )"
    return f"HASONEVALUE ( {table}[{column}] ) && {rows} == {of_the_value}"


def looked_up_here(part: str) -> str:
    """Return the DAX of the row of mart_kpi that the filters ask for, where a caller filters it to one metric."""
    chosen = {name: f"[Chosen {name.replace('_', ' ')}]" for name in ("period", "hospital", "slice", "slice_value")}
    return (
        "\n".join(f"VAR {name} = {measure}" for name, measure in chosen.items())
        + "\nRETURN\n"
        + indented(
            call(
                "CALCULATE",
                f"[Metric {part}]",
                "mart_kpi[period] == period",
                "mart_kpi[organization_key] == hospital",
                "mart_kpi[slice] == slice",
                "mart_kpi[slice_value] == slice_value",
            ),
            "    ",
        )
    )


def difference(metrics: Iterable[Row]) -> str:
    """Return the DAX of the largest difference between a recounted metric and mart_kpi, where that has such a row."""
    published = {metric["metric_label"]: " ".join(looked_up(metric, "value").split()) for metric in metrics}
    rows = [f'ROW ( "@recounted", [{label}], "@published", {value} )' for label, value in published.items()]
    apart = "DIVIDE ( ABS ( [@recounted] - [@published] ), MAX ( 1, ABS ( [@published] ) ) )"
    largest = call("MAXX", call("UNION", *rows), apart)
    has_row = [f"NOT ISBLANK ( [Chosen {part}] )" for part in ("period", "hospital", "slice")]
    return call("IF", " && ".join(has_row), largest)


def call(function: str, *arguments: str) -> str:
    """Return a call with an argument a line."""
    return f"{function} (\n" + ",\n".join(indented(argument, "    ") for argument in arguments) + "\n)"


def indented(text: str, indent: str) -> str:
    """Return a text with every line moved in."""
    return "\n".join(f"{indent}{line}" if line else line for line in text.split("\n"))

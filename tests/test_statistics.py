"""Each interval's formula against known values, as DuckDB and as a MySQL server compute it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import duckdb
import pymysql
import pytest
from sqlglot import parse_one
from sqlmesh.core.dialect import parse
from sqlmesh.core.model import load_sql_based_model

from engine import context
from loader.settings import PROJECT

Known = tuple[str, float | None]

T = {
    1: 12.706204736174694, 1.5: 6.016663104427929, 2: 4.302652729749462, 2.5: 3.5746548420036817,
    3: 3.1824463052837078, 4: 2.7764451051977934, 5: 2.5705818356363146, 7.25: 2.348194849105371,
    10: 2.228138851986274, 22: 2.0738730679040254, 30: 2.0422724563012378, 100: 1.9839715185235518,
    1000: 1.9623390808264083, 1e6: 1.959966356814107,
}  # fmt: skip
"""scipy.stats.t.ppf(0.975, degrees) of SciPy 1.16."""

POISSON = {
    0: (0, 3.6888794541139354), 1: (0.025317807984289876, 5.571643390938898),
    2: (0.24220927854396496, 7.22468766772396), 3: (0.6186721228956014, 8.767273069742323),
    5: (1.6234863901184207, 11.66833207932267),
    7: (2.8143630515198654, 14.422675361702376), 10: (4.7953886961324335, 18.39035604201778),
    30: (20.240874021420915, 42.82686539480766), 284: (251.92720953473207, 319.0247350225784),
    1000: (938.9730184076952, 1063.952136016302), 100000: (99381.15266374472, 100621.74473974388),
}  # fmt: skip
"""scipy.stats.chi2.ppf(0.025, 2 * events) / 2 and chi2.ppf(0.975, 2 * events + 2) / 2 of SciPy 1.16."""

NEWCOMBE = {
    (0, 6, 10, 799): (-0.022884118217417725, 0.3778603091859321),
    (7, 84, 30, 300): (-0.07437405370608055, 0.06734065002339726),
    (56, 70, 48, 80): (0.05243147240236498, 0.33387265403690614),  # Newcombe 1998, table II (a): 0.0524 to 0.3339
    (9, 10, 3, 10): (0.1705227239345029, 0.809017973535488),
    (10, 10, 0, 20): (0.6790860371419145, 1.0),
}
"""statsmodels.stats.proportion.confint_proportions_2indep(..., method="newcomb", compare="diff"), statsmodels 0.14."""

WILSON = {
    (0, 10): (0.0, 0.27753279986288926),
    (7, 84): (0.04095255062240714, 0.1621572230564761),
    (30, 30): (0.8864866068260311, 1.0),
}
"""statsmodels.stats.proportion.proportion_confint(..., method="wilson")."""

KNOWN: list[Known] = [
    *((f"@STUDENT_T({degrees})", t) for degrees, t in T.items()),
    ("@STUDENT_T(0.99)", None),
    ("@STUDENT_T(NULL)", None),
    *((f"@POISSON_LOW({events})", low) for events, (low, _) in POISSON.items()),
    *((f"@POISSON_HIGH({events})", high) for events, (_, high) in POISSON.items()),
    ("@POISSON_LOW(NULL)", None),
    ("@POISSON_HIGH(NULL)", None),
    *((f"@NEWCOMBE_LOW{counts}", low) for counts, (low, _) in NEWCOMBE.items()),
    *((f"@NEWCOMBE_HIGH{counts}", high) for counts, (_, high) in NEWCOMBE.items()),
    ("@NEWCOMBE_LOW(0, 6, 0, 0)", None),
    ("@NEWCOMBE_HIGH(0, 0, 5, 8)", None),
    *((f"@WILSON_LOW{counts}", low) for counts, (low, _) in WILSON.items()),
    *((f"@WILSON_HIGH{counts}", high) for counts, (_, high) in WILSON.items()),
    ("@WILSON_LOW(0, 0)", None),
    # With t = 2: (x + 2 -+ 2 * SQRT(x * (n - x) / n + 1)) / (n + 4).
    ("@WILSON_T_LOW(48, 96, 2)", 0.4),
    ("@WILSON_T_HIGH(48, 96, 2)", 0.6),
    ("@WILSON_T_HIGH(48, 96, NULL)", None),
    ("@NORMAL_LOW(10, 2)", 6.08007203091892),
    ("@NORMAL_HIGH(10, 1 + 1)", 13.91992796908108),
    # 1 + 0.8 * e ** -+ 1.
    ("@LOG_LOW(1.8, 0.4, 1, 2)", 1.2943035529371537),
    ("@LOG_HIGH(1.8, 0.4, 1, 2)", 3.1746254627672362),
    ("@LOG_LOW(1, 0.4, 1, 2)", None),
    ("@LOG_LOW(1.8, 0, 1, 2)", None),
    ("@LOG_LOW(1.8, 0.4, 1, NULL)", None),
    ("@LOG_HIGH(1, 2.302, 0, 2)", 99.8829674),  # e ** 4.604
    ("@LOG_HIGH(1, 2.303, 0, 2)", None),  # e ** 4.606 is above 100
    ("@CLUSTERED_DEGREES(0.8333333333, 0.4861111111, 6, 6, 'proportion')", 3.75),
    ("@CLUSTERED_DEGREES(0.8333333333, 0.4861111111, 6, 6, 'mean')", 1.5),
    ("@CLUSTERED_DEGREES(0.8333333333, 0.4861111111, 6, 5, 'ratio')", 1.5),
    ("@CLUSTERED_DEGREES(1.5, 0.375, 6, 6, 'proportion')", 5),
    ("@CLUSTERED_DEGREES(0, 0, 6, 5.5, 'proportion')", 4.5),
    ("@CLUSTERED_DEGREES(1.5, 0.375, 6, 4.99, 'proportion')", None),
    ("@EFFECTIVE_N(0.5, 0.1, 100, 8)", 25),
    ("@EFFECTIVE_N(0.5, 0.01, 100, 8)", 100),
    ("@EFFECTIVE_N(0.5, 0, 100, 8)", 8),
    ("@EFFECTIVE_N(0.5, NULL, 100, 8)", None),
    ("@SMALL_CELL(30, 11, 5, 10, 'proportion')", 0),
    ("@SMALL_CELL(29, 11, 5, 10, 'proportion')", 1),
    ("@SMALL_CELL(30, 10, 5, 10, 'proportion')", 1),
    ("@SMALL_CELL(30, 11, 4, 10, 'proportion')", 1),
    ("@SMALL_CELL(30, 11, 6, 10, 'proportion')", 1),
    ("@SMALL_CELL(30, 11, NULL, NULL, 'mean')", 0),
    ("@SMALL_CELL(30, 11, 1, 1, LOWER('MEAN'))", 0),
    ("@SMALL_CELL(30, 11, 1, 9, LOWER('PROPORTION'))", 1),
    ("@SMALL_CELL(30, 11, 0, 5, 'standardized_ratio')", 0),
    ("@SMALL_CELL(30, 11, 9, 4.9, 'standardized_ratio')", 1),
    ("CASE WHEN @ENOUGH_OTHERS(10) AND NOT @ENOUGH_OTHERS(9) THEN 1 ELSE 0 END", 1),
]
"""Macros of macros/statistics.py and what they must come to."""


def rendered(macros: list[str], dialect: str, table: str = "") -> str:
    """A query with a column for each macro, of a table or of one row, as a model of the dialect has it."""
    listed = ", ".join(f"{call} AS x{number}" for number, call in enumerate(macros))
    query = f"SELECT {listed} FROM {table}" if table else f"SELECT {listed}"
    model = load_sql_based_model(
        parse(f"MODEL (name x.y, dialect {dialect}, optimize_query FALSE); {query}", default_dialect=dialect),
        dialect=dialect,
        macros=context()._macros,
    )
    return model.render_query_or_raise().sql(dialect)


@pytest.fixture(params=["duckdb", pytest.param("mysql", marks=pytest.mark.serving)])
def computed(request: pytest.FixtureRequest) -> Iterator[Callable[[list[str]], list[float | None]]]:
    if request.param == "duckdb":
        with duckdb.connect() as con:
            yield lambda macros: list(con.execute(rendered(macros, "duckdb")).fetchone() or ())
        return
    url = urlsplit(request.getfixturevalue("serving_url"))
    with (
        pymysql.connect(
            host=url.hostname, port=url.port or 3306, user=url.username, password=url.password or ""
        ) as server,
        server.cursor() as cursor,
    ):

        def asked(macros: list[str]) -> list[float | None]:
            cursor.execute(rendered(macros, "mysql"))
            return list(cursor.fetchone() or ())

        yield asked


def test_the_macros_come_to_the_known_values(computed: Callable[[list[str]], list[float | None]]) -> None:
    found = computed([call for call, _ in KNOWN])
    wrong = {
        call: (got, value)
        for (call, value), got in zip(KNOWN, found, strict=True)
        if ((got is None or value is None) and got is not value)
        or (got is not None and value is not None and float(got) != pytest.approx(value, rel=1e-6, abs=1e-7))
    }
    assert wrong == {}


def test_the_limit_of_the_normal_distribution_is_written_once() -> None:
    files = [file for folder in ("models", "macros", "audits") for file in (PROJECT / folder).rglob("*.*")]
    texts = {file: file.read_text(encoding="utf-8") for file in files if file.suffix in {".sql", ".py"}}
    assert [file.name for file, text in texts.items() if "1.9599639" in text or "1.96 " in text] == ["statistics.py"]


def test_no_macro_names_what_only_one_engine_has() -> None:
    for call, _ in KNOWN:
        for dialect in ("mysql", "spark"):
            assert parse_one(rendered([call], dialect), dialect=dialect)

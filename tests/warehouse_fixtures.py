"""A warehouse of made-up files, built once for all tests that ask for it, in which a test may break what it likes."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp
from sqlmesh import Context
from sqlmesh.core.audit import Audit
from sqlmesh.core.model import Model
from sqlmesh.core.snapshot import Snapshot

import fhir_export
import registry_extract
from loader import contracts, landing
from loader.settings import PROJECT
from workbench import sample


@dataclass(frozen=True)
class AuditOfModel:
    """One audit as a model's MODEL block lists it: with its arguments, and the query that gives its failing rows."""

    model: str
    audit: Audit
    arguments: dict[str, exp.Expression]
    query: exp.Query

    @property
    def name(self) -> str:
        return self.audit.name

    def __str__(self) -> str:
        arguments = ", ".join(f"{key} := {value.sql('duckdb')}" for key, value in self.arguments.items())
        return f"{self.model}: {self.name}({arguments})"

    def argument(self, name: str) -> str:
        return self.arguments[name].sql("duckdb")

    def columns(self) -> list[str]:
        """The names in its argument `columns`, be it one column or several."""
        return [column.name for column in self.arguments["columns"].find_all(exp.Column)]


@dataclass
class Warehouse:
    """A project's context on a warehouse of its own, with the embedded file in the place of MySQL."""

    context: Context
    _audits: dict[str, list[AuditOfModel]] = field(default_factory=dict)

    @cached_property
    def snapshots(self) -> dict[str, Snapshot]:
        """The versions of all models, by full name; SQLMesh would gather them anew each time."""
        return {snapshot.name: snapshot for snapshot in self.context.snapshots.values()}

    @cached_property
    def models(self) -> dict[str, Model]:
        """All models, under the names that tests use: star.dim_date, and serving.serving.dim_date in MySQL."""
        named = {fqn.replace('"', "").removeprefix("warehouse."): fqn for fqn in self.snapshots}
        return {name: self.snapshots[fqn].model for name, fqn in sorted(named.items())}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.context.engine_adapter.cursor.execute(sql).fetchall()

    def snapshot(self, model: str) -> Snapshot:
        return self.snapshots[self.models[model].fqn]

    def table(self, model: str) -> str:
        """The physical table behind a model's view, quoted."""
        return exp.to_table(self.snapshot(model).table_name()).sql("duckdb", identify=True)

    def audits(self, model: str) -> list[AuditOfModel]:
        if model not in self._audits:
            self._audits[model] = [
                AuditOfModel(model, audit, arguments, self._rendered(model, audit, arguments))
                for audit, arguments in self.models[model].audits_with_args
            ]
        return self._audits[model]

    def all_audits(self) -> list[AuditOfModel]:
        return [audit for model in self.models for audit in self.audits(model)]

    def _rendered(self, name: str, audit: Audit, arguments: dict[str, exp.Expression]) -> exp.Query:
        model = self.models[name]
        adapter = self.context.engine_adapters[model.gateway or "warehouse"]
        planned = self.snapshots[model.fqn].version
        read = {fqn: self.snapshots[fqn] for fqn in (model.fqn, *model.depends_on)} if planned else None
        return model.render_audit_query(audit, snapshots=read, engine_adapter=adapter, **arguments)

    def failing_rows(self, audit: AuditOfModel) -> int:
        """The number that SQLMesh counts: no audit passes that has rows."""
        counted = exp.select("COUNT(*)").from_(audit.query.subquery("audit"))
        ((count,),) = self.query(counted.sql("duckdb", identify=True))
        return count

    def failing(self, model: str) -> list[str]:
        """The names of the model's audits that fail now, each once."""
        return sorted({audit.name for audit in self.audits(model) if self.failing_rows(audit)})

    @contextmanager
    def planted(self, *statements: str) -> Iterator[None]:
        """Break something for a moment. `{model.name}` in a statement stands for the table behind that model.

        Every statement must find something to break; a defect that is not there proves nothing.
        """
        cursor = self.context.engine_adapter.cursor
        cursor.execute("BEGIN")
        try:
            for statement in statements:
                self._make_tables_of_views(statement)
                ((changed,),) = cursor.execute(self.with_tables(statement)).fetchall()
                assert changed, f"nothing was planted by {statement}"
            yield
        finally:
            cursor.execute("ROLLBACK")

    def _make_tables_of_views(self, statement: str) -> None:
        """Put a table of the same rows in the place of each view that a statement names: a view holds no defect."""
        for model in {part.split("}")[0] for part in statement.split("{")[1:]}:
            table = self.table(model)
            name = exp.to_table(self.snapshot(model).table_name()).name
            is_view = f"SELECT 1 FROM duckdb_views() WHERE view_name = '{name}'"
            if not model.startswith("serving.") and self.query(is_view):
                self.query(f"CREATE TEMP TABLE held AS SELECT * FROM {table}")
                self.query(f"DROP VIEW {table}")
                self.query(f"CREATE TABLE {table} AS SELECT * FROM held")
                self.query("DROP TABLE held")

    def with_tables(self, statement: str) -> str:
        for part in statement.split("{")[1:]:
            model = part.split("}")[0]
            statement = statement.replace("{" + model + "}", self.table(model))
        return statement


def load(home: Path) -> Warehouse:
    """Load the project on what was landed in `home`."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WAREHOUSE_HOME", str(home))
        environment.setenv("SERVING_URL", "embedded")
        return Warehouse(Context(paths=[str(PROJECT)]))


def land(home: Path, folder: Path) -> landing.Delivery:
    """Land the files of `folder` in `home`."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WAREHOUSE_HOME", str(home))
        return landing.land(folder)


def write_full_export(folder: Path) -> None:
    """Add the files of a full Synthea export to a generated hospital, two rows each: one with, one without an end."""
    with (folder / "encounters.csv").open(encoding="utf-8-sig", newline="") as lines:
        stay = next(row for row in csv.DictReader(lines) if row["ENCOUNTERCLASS"] == "inpatient" and row["STOP"])
    patient, encounter, payer, start, stop = (stay[name] for name in ("PATIENT", "Id", "PAYER", "START", "STOP"))
    day = start[:10]
    files = {
        "conditions": [
            "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION",
            f"{day},{stop[:10]},{patient},{encounter},10509002,Acute bronchitis (disorder)",
            f"{day},,{patient},{encounter},44054006,Diabetes",
        ],
        "observations": [
            "DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE",
            f"{start},{patient},{encounter},laboratory,4548-4,Hemoglobin A1c,6.1,%,numeric",
            f"{start},{patient},{encounter},laboratory,5778-6,Color of Urine,,,text",
        ],
        "medications": [
            "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,PAYER_COVERAGE,DISPENSES,TOTALCOST,"
            "REASONCODE,REASONDESCRIPTION",
            f"{start},{stop},{patient},{payer},{encounter},665078,Loratadine 5 MG,7.24,1.00,2,14.48,10509002,Cough",
            f"{start},,{patient},{payer},{encounter},1870230,Epinephrine,344.44,0.00,1,344.44,,",
        ],
        "payer_transitions": [
            "PATIENT,MEMBERID,START_YEAR,END_YEAR,PAYER,SECONDARY_PAYER,OWNERSHIP,OWNERNAME",
            f"{patient},1,2010,2012,{payer},,Guardian,",
            f"{patient},1,2013-01-01T00:00:00Z,,{payer},,Self,",
        ],
        "providers": [
            "Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP,LAT,LON,UTILIZATION",
            f"p1,{stay['ORGANIZATION']},Ann Example1,F,GENERAL PRACTICE,1 Main St,Boston,MA,2115,42.3,-71.1,5",
        ],
    }
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    known = {"patient": patient, "patientid": patient, "encounter": encounter}
    for contract in contracts.load().values():
        if contract.source == "synthea" and not (folder / f"{contract.table}.csv").exists():
            write_any_rows(folder / f"{contract.table}.csv", contract, known, day)


def write_any_rows(file: Path, contract: contracts.Contract, known: dict[str, str], day: str) -> None:
    """Write two rows of values of the right types; the second lacks what may be missing."""
    of_type = {"DATE": day, "TIMESTAMP": f"{day}T10:00:00Z", "BIGINT": "1", "DOUBLE": "1.5", "DECIMAL(14, 2)": "10.50"}
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(column.header for column in contract.columns)
        for number in ("1", "2"):
            writer.writerow(
                known.get(column.name)
                or ("" if number == "2" and not column.required else of_type.get(column.type, f"4405400{number}"))
                for column in contract.columns
            )


ALL_FAMILIES = os.environ.get("TEST_FAMILIES") == "all"
_built: list[Warehouse] = []


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The project built on made-up files of 100 patients; only `planted` may change it.

    Of the generated families, and with TEST_FAMILIES=all of every family: each makes the tests longer.
    """
    if not _built:
        folder = tmp_path_factory.mktemp("warehouse")
        sample.generate("hospital", 0.1, folder / "files")
        write_full_export(folder / "files")
        sample.generate("ehr", 0.02, folder / "records")
        land(folder / "home", folder / "files")
        land(folder / "home", folder / "records")
        if ALL_FAMILIES:
            land(folder / "home", PROJECT / "tests" / "omop")
            land(folder / "home", fhir_export.write(folder / "fhir"))
            land(folder / "home", registry_extract.write(folder / "registry", persons=20))
        warehouse = load(folder / "home")
        warehouse.context.plan(auto_apply=True, no_prompts=True, skip_tests=True)
        _built.append(warehouse)
    return _built[0]

"""SQLMesh's configuration: two gateways, the publish materialization, and the deliveries that models read.

The content of the deliveries is part of the raw models' text, so a new delivery is a change like any other: `sqlmesh
plan` builds new tables beside the old, audits them, publishes them, and only then switches the views.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
# SQLMesh makes millions of long-lived objects of the models; by default Python looks them all through, over and over,
# for cycles to free, which is a quarter of the time of a plan.
gc.set_threshold(500_000, 50, 100)
atexit.register(gc.freeze)  # nor once more at the end, when all of it is thrown away
# SQLMesh reads seeds through pandas, which warns that a column of codes is text and not numbers; so it is.
warnings.filterwarnings("ignore", message="Setting an item of incompatible dtype", category=FutureWarning)

from sqlglot import exp  # noqa: E402
from sqlmesh.core.config import (  # noqa: E402
    CategorizerConfig,
    Config,
    DuckDBConnectionConfig,
    LinterConfig,
    ModelDefaultsConfig,
    PlanConfig,
)
from sqlmesh.core.config.format import FormatConfig  # noqa: E402
from sqlmesh.core.constants import IGNORE_PATTERNS  # noqa: E402

import publisher.gateways  # noqa: E402
from loader import landing, settings  # noqa: E402
from workbench import families, patches, states  # noqa: E402
from workbench.audit_samples import AuditSamples  # noqa: E402
from workbench.project import ProjectLoader  # noqa: E402


class Defaults(ModelDefaultsConfig):
    """SQLMesh's defaults for models, and an `end`.

    Models cover one fixed day, so that no day passing makes SQLMesh rebuild tables in place, where a failed audit would
    leave bad rows under a view. Only a change of a model, or of a delivery, builds anything.
    """

    end: str | None = None


patches.apply()
settings.open_home()
atexit.register(states.checkpoint)

# warehouse: DuckDB, from landing to mart. serving: MySQL, or a DuckDB file where there is no server.
gateways = publisher.gateways.gateways(
    settings.serving(),
    name=states.published_as(),
    warehouse=str(settings.warehouse_file()),
    state=str(settings.state_file()),
    embedded=str(settings.embedded_file()),
    connector_config={"TimeZone": "UTC", **settings.duckdb_limits()},
)


def fetch(gateway: str | None, query: exp.Expression) -> Any:
    """Return the rows of `query` as a DataFrame, from a gateway's own engine."""
    adapter = gateways[gateway or "warehouse"].connection.create_engine_adapter()
    return adapter.fetchdf(query, quote_identifiers=True)


# Which feeds delivered a table: its name, where it landed, and the columns that are there.
deliveries: dict[str, list[dict[str, Any]]] = {}
for source_system, tables in landing.deliveries().items():
    for table, delivery in tables.items():
        deliveries.setdefault(table, []).append(
            {"source_system": source_system, "landed": delivery["landed"], "columns": delivery["columns"]}
        )

loaded = families.loaded_contracts(deliveries)

config = Config(
    loader=ProjectLoader,
    gateways=gateways,
    default_test_connection=DuckDBConnectionConfig(connector_config={"TimeZone": "UTC"}),
    default_gateway="warehouse",
    gateway_managed_virtual_layer=True,
    physical_table_naming_convention="table_only",
    disable_anonymized_analytics=True,
    ignore_patterns=[*IGNORE_PATTERNS, *families.left_out(loaded)],
    model_defaults=Defaults(dialect="duckdb", start="2000-01-01", end="2000-01-01", cron="@daily", owner="analytics"),
    format=FormatConfig(append_newline=True),
    # A development environment shows every table: a report that is pointed at serving__dev must find them all.
    plan=PlanConfig(auto_categorize_changes=CategorizerConfig.all_full(), include_unmodified=True),
    notification_targets=[AuditSamples(fetch=fetch)],
    linter=LinterConfig(
        enabled=True,
        rules={
            "ambiguousorinvalidcolumn",
            "invalidselectstarexpansion",
            "grainisstated",
            "firstlinesaysonerow",
            "publishednameisshort",
            "publishedcolumnsaredescribed",
        },
    ),
    variables={
        "contracts": [contract.as_variable() for contract in loaded],
        "deliveries": deliveries,
        "input_tables": families.input_tables(loaded),
        "capability_evidence": families.seed("capability_evidence"),
        "published_tables": families.published_tables(),
        "metrics": families.declared("metric"),
        "metric_subjects": families.declared("metric_subject"),
        "metric_slices": families.seed("metric_slice"),
        "has_reproduction": settings.REPRODUCTION.is_dir(),
        "code_systems": families.seed("code_system"),
        "value_patterns": families.seed("value_pattern"),
        "total_words": [row["total_word"] for row in families.seed("total_word")],
        "top_sizes": [int(row["top_n"]) for row in families.seed("top_size")],
        "fill_dates": [row["fill_date"] for row in families.seed("fill_date")],
        "hospital_timezone": os.environ.get("HOSPITAL_TIMEZONE", "UTC"),
    },
)

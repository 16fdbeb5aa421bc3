"""One table of the server while it is made: its place beside the one that readers see, its lock, its indexes.

A table is filled under the name `new__<table>` and put into place by one RENAME, which moves the old one to
`old__<table>`. Whoever fills it holds a lock of the server in the table's name; names without a holder of their lock
were left by a plan that was killed, and are removed by the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlglot import exp
from sqlmesh.utils.errors import SQLMeshError

from publisher import versions
from publisher.adapter import ServingAdapter
from publisher.description import Description
from publisher.mysql_types import Column, mysql_name

LOCK_SECONDS = 5
"""How long a load waits for its lock: another load of the plan may hold it while it drops what a killed plan left."""

SORT_BYTES = 128 << 20
"""Memory that MySQL may take to sort the rows of all indexes of one table."""


class Staging:
    """The table of the server that a description becomes."""

    def __init__(self, adapter: ServingAdapter, table: exp.Table, described: Description) -> None:
        """Take the table by the name that it gets in the physical schema."""
        self.adapter, self.table, self.described = adapter, table, described

    @contextmanager
    def names(self) -> Iterator[tuple[str, str]]:
        """Yield the names under which the table is loaded and put aside; remove both, and what killed plans left.

        Each load holds a lock of the server in its table's name, which tells a running load from one that was killed.
        """
        schema, name = mysql_name(self.table.db), self.table.name
        with self._lock(name, LOCK_SECONDS) as mine:
            if not mine:
                raise SQLMeshError(
                    f"{self.described.name}: another plan is loading {name}: let it end, then plan again"
                )
            for leftover in self._tables("^(new|old|changes)__"):
                with self._lock(leftover.partition("__")[2]) as dead:
                    if dead:
                        self._drop(f"{schema}.{mysql_name(leftover)}")
            new, old = (f"{schema}.{mysql_name(prefix + name)}" for prefix in ("new__", "old__"))
            try:
                yield new, old
            finally:
                if self.adapter.connection.open:
                    self._drop(new, old)

    def _tables(self, pattern: str) -> list[str]:
        """Return the tables and views of the physical schema whose names match a regular expression."""
        rows = self.adapter.fetchall(
            "SELECT table_name FROM information_schema.tables "
            f"WHERE table_schema = '{self.table.db}' AND table_name REGEXP '{pattern}'"
        )
        return [name for (name,) in rows]

    def _drop(self, *names: str) -> None:
        """Drop tables or views, whichever they are, if they are."""
        rows = self.adapter.fetchall(
            f"SELECT table_name FROM information_schema.views WHERE table_schema = '{self.table.db}'"
        )
        views = {f"{mysql_name(self.table.db)}.{mysql_name(name)}" for (name,) in rows}
        for name in names:
            self.adapter.execute(f"DROP {'VIEW' if name in views else 'TABLE'} IF EXISTS {name}")

    @contextmanager
    def _lock(self, name: str, seconds: int = 0) -> Iterator[bool]:
        lock = exp.Literal.string(name).sql("mysql")
        (taken,) = self.adapter.fetchone(f"SELECT GET_LOCK({lock}, {seconds})")
        try:
            yield bool(taken)
        finally:
            if taken and self.adapter.connection.open:
                self.adapter.fetchone(f"SELECT RELEASE_LOCK({lock})")

    def create(self, table: str, version: int | None = None, columns: Sequence[Column] | None = None) -> None:
        """Create `table`, empty, with primary key and comments; as a store whose rows begin with a `version`."""
        (collation,) = self.adapter.fetchone("SELECT @@collation_connection")
        lines = [
            f"{mysql_name(c.name)} {c.mysql}{' NOT NULL' if c in self.described.key else ''}"
            + _comment(self.described.comments.get(c.name), self.adapter.MAX_COLUMN_COMMENT_LENGTH)
            for c in columns or self.described.columns
        ]
        key = [mysql_name(c.name) for c in self.described.key]
        if version is not None:
            lines.append(f"first_version INT NOT NULL DEFAULT {version}")
            lines.append(f"last_version INT NOT NULL DEFAULT {versions.LAST}")
            key.append("first_version")
        lines.append(f"PRIMARY KEY ({', '.join(key)})")
        self.adapter.execute(
            f"CREATE TABLE {table} ({', '.join(lines)}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={collation}"
            + _comment(self.described.comment, self.adapter.MAX_TABLE_COMMENT_LENGTH)
        )

    def add_indexes(self, table: str) -> None:
        """Build the secondary indexes of the loaded `table`, all at once."""
        if self.described.indexes:
            if not self.adapter.is_mariadb:
                # MySQL's default of 1 MB makes many sorted runs; MariaDB's, also 1 MB, is set when it starts.
                self.adapter.execute(f"SET SESSION innodb_ddl_buffer_size = {SORT_BYTES}")
            added = ", ".join(
                f"ADD INDEX ({', '.join(map(mysql_name, columns))})" for columns in self.described.indexes
            )
            self.adapter.execute(f"ALTER TABLE {table} {added}")

    def swap(self, new: str, old: str) -> None:
        """Rename `new` into the table's place and what stands there to `old`, at one moment."""
        target = f"{mysql_name(self.table.db)}.{mysql_name(self.table.name)}"
        (exists,) = self.adapter.fetchone(
            "SELECT COUNT(*) FROM information_schema.tables "
            f"WHERE table_schema = '{self.table.db}' AND table_name = '{self.table.name}'"
        )
        self.adapter.execute(f"RENAME TABLE {f'{target} TO {old}, ' if exists else ''}{new} TO {target}")
        self.adapter.record_view(self.table)
        self.adapter.clear_cache()


def _comment(text: str | None, limit: int) -> str:
    return f" COMMENT {exp.Literal.string(text[:limit]).sql('mysql')}" if text else ""

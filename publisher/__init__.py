"""Publishes what SQLMesh models give in DuckDB into MySQL: a gateway, and a materialization called `publish`."""

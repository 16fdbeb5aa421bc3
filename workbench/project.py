"""How SQLMesh loads this project: what is cached is read anew only where something that it follows changed.

SQLMesh keeps the models of a file as they were parsed, under a key of which the whole configuration is a part: where
the databases lie, and what was delivered last. So each new warehouse, and each delivery, would load all models again.
Here the places are not part of the key, and the deliveries are only for the files that follow them. The YAML of unit
tests, which SQLMesh reads in every command, is kept as it was parsed.
"""

from __future__ import annotations

import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlmesh.core.loader import SqlMeshLoader
from sqlmesh.core.test import ModelTestMetadata
from sqlmesh.utils.cache import FileCache

FOLLOWING_DELIVERIES = ("@landed_tables(", "@contract_checks(")
"""The macros that write a model by the variable `deliveries`; a file that calls none is the same after a delivery."""


class ProjectLoader(SqlMeshLoader):
    """SQLMesh's loader, with a cache whose keys are the project's own."""

    def _load_sql_models(
        self, macros: Any, jinja_macros: Any, audits: Any, signals: Any, cache: Any, *rest: Any, **more: Any
    ) -> Any:
        own = ProjectLoader.Cache(self, self.config_path)
        return super()._load_sql_models(macros, jinja_macros, audits, signals, own, *rest, **more)

    @cached_property
    def _unit_tests(self) -> FileCache[dict[str, ModelTestMetadata]]:
        return FileCache(self.context.cache_dir, prefix="unit_test")

    def _load_model_test_file(self, path: Path) -> dict[str, ModelTestMetadata]:
        key = f"{zlib.crc32(str(path).encode())}_{zlib.crc32(path.read_bytes())}"
        return self._unit_tests.get_or_load(
            path.stem, key, loader=lambda: super(ProjectLoader, self)._load_model_test_file(path)
        )

    class Cache(SqlMeshLoader._Cache):
        """The models of each file, as they were loaded; of a file that follows deliveries, for these deliveries."""

        @cached_property
        def _whole_configuration(self) -> str:
            return self._loader.config.fingerprint

        @cached_property
        def _configuration(self) -> str:
            """All of the configuration but the places and the deliveries."""
            config = self._loader.config
            variables = {name: value for name, value in config.variables.items() if name != "deliveries"}
            return config.copy(update={"gateways": {}, "variables": variables}).fingerprint

        @cached_property
        def _deliveries(self) -> str:
            return str(zlib.crc32(repr(self._loader.config.variables["deliveries"]).encode()))

        def _model_cache_entry_id(self, model_path: Path) -> str:
            entry = super()._model_cache_entry_id(model_path).replace(self._whole_configuration, self._configuration)
            text = model_path.read_text(encoding="utf-8").lower()
            return f"{entry}__{self._deliveries}" if any(macro in text for macro in FOLLOWING_DELIVERIES) else entry

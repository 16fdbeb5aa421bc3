"""The house's own lint rules: `sqlmesh lint` and every plan hold models to them."""

from __future__ import annotations

import re

from sqlmesh.core.linter.rule import Rule, RuleViolation
from sqlmesh.core.model import Model

from workbench import families

MAX_PUBLISHED_NAME = 36
"""MySQL's identifiers have 64 characters at most; SQLMesh adds a fingerprint, and a dev environment its own name."""


class GrainIsStated(Rule):
    """A model must say its grain: the columns that are unique in it."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Return a violation where there is no grain."""
        return None if model.grains else self.violation(f"{model.name}: say its grain in the MODEL block.")


class FirstLineSaysOneRow(Rule):
    """The first line of a model's file must say what one row is."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Return a violation where the file does not start with such a comment."""
        if model._path is None or model._path.suffix != ".sql":
            return None
        first_line = model._path.read_text(encoding="utf-8").split("\n", 1)[0]
        if re.match(r"/\* (One row per|What MySQL holds: one row per) ", first_line):
            return None
        return self.violation(f'{model.name}: start its file with a comment "One row per ...".')


class PublishedNameIsShort(Rule):
    """A published model's name must leave room for what SQLMesh adds to it in MySQL."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Return a violation where the name is too long."""
        name = model.view_name
        if model.gateway != "serving" or len(name) <= MAX_PUBLISHED_NAME:
            return None
        return self.violation(f"{name}: {len(name)} characters; a published name has at most {MAX_PUBLISHED_NAME}.")


class PublishedColumnsAreDescribed(Rule):
    """A model that is published must describe every column: the text reaches MySQL and Power BI."""

    def check_model(self, model: Model) -> RuleViolation | None:
        """Return a violation that names the columns described but not there, or there but not described."""
        is_copy = model.gateway == "serving" and model.kind.name == "CUSTOM"
        name = f"{model.schema_name}.{model.view_name}"
        published = model.schema_name in {"star", "mart", "serving"} or name in families.published_names()
        if is_copy or not published:
            return None
        columns, described = set(model.columns_to_types or {}), set(model.column_descriptions)
        wrong = sorted(columns ^ described)
        if not wrong:
            return None
        return self.violation(f"{model.name}: describe each column, and only those it has: {', '.join(wrong)}.")

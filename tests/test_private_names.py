"""The private names of SQLMesh and PyMySQL that the packages use are listed beside the pins, and all are there."""

from __future__ import annotations

import ast
import importlib
import inspect
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from loader.settings import PROJECT
from road import PACKAGES

LISTS = {"publisher": PROJECT / "publisher" / "pyproject.toml", "workbench": PROJECT / "pyproject.toml"}
"""Where each package's names are listed; the loader uses none."""

REPLACED = {"render", "render_audit_query"}
"""Public names that are listed because they are replaced."""


@cache
def listed(package: str) -> dict[str, list[str]]:
    if package not in LISTS:
        return {}
    return tomllib.loads(LISTS[package].read_text(encoding="utf-8"))["tool"]["private-names"]


def found(path: str) -> Any:
    """Return the module, or the class in a module, of a dotted path."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            owner = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            owner = getattr(owner, part)
        return owner
    raise ModuleNotFoundError(path)


def has(owner: Any, name: str) -> bool:
    """Say whether an owner has a name, be it as an attribute that only its instances get or as a module in it."""
    if hasattr(owner, name) or (inspect.isclass(owner) and f"self.{name}" in inspect.getsource(owner)):
        return True
    return inspect.ismodule(owner) and (Path(owner.__file__ or "").parent / f"{name}.py").exists()


@pytest.mark.parametrize(
    ("owner", "name"),
    [(owner, name) for package in LISTS for owner, names in listed(package).items() for name in names],
)
def test_the_pinned_version_has_the_name(owner: str, name: str) -> None:
    assert has(found(owner), name), f"{owner} has no {name} any more: see who uses it before you move the pin"


def test_a_name_that_went_is_missed() -> None:
    assert not has(found("sqlmesh.core.engine_adapter.base.EngineAdapter"), "_is_gone")


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def modules(package: str) -> Iterator[Path]:
    yield from (PROJECT / package).rglob("*.py")


def used_of_others(package: str) -> set[str]:
    """Return the private names that a package uses and does not define itself."""
    used, own = set(), set()
    for file in modules(package):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                own.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                own.add(node.target.id)
            elif isinstance(node, ast.Attribute):
                (own if isinstance(node.ctx, ast.Store) else used).add(node.attr)
            elif isinstance(node, ast.ImportFrom):
                used |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}
    return {name for name in used - own if is_private(name)}


def classes(owner: Any, module: str) -> Iterator[type]:
    """Yield the classes of a module, and those in them."""
    for value in vars(owner).values():
        if inspect.isclass(value) and value.__module__ == module:
            yield value
            yield from classes(value, module)


def overridden(package: str) -> set[str]:
    """Return the private names that a package's classes define anew over those of SQLMesh or PyMySQL."""
    names = set()
    for file in modules(package):
        name = ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        for owner in classes(importlib.import_module(name), name):
            others = [base for base in owner.__mro__ if base.__module__.split(".")[0] in ("sqlmesh", "pymysql")]
            names |= {n for n in vars(owner) if is_private(n) and any(n in vars(base) for base in others)}
    return names - {"_abc_impl"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_private_name_in_use_is_listed(package: str) -> None:
    told = {name for names in listed(package).values() for name in names} - REPLACED
    assert used_of_others(package) | overridden(package) == told

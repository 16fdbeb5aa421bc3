"""The names of feeds: which may be given, and to files of which family.

A feed is what one hospital delivers of one kind of files; its name is `source_system` in every table from landing on. A
family is the kind: the part of a contract's name before `__`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from typing import Any

from loader.contracts import Contract
from loader.files import LandingRefused
from loader.settings import PROJECT

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def feed_of(
    source_system: str | None,
    delivered: Iterable[Contract],
    known: Mapping[str, Contract],
    manifest: Mapping[str, Mapping[str, Any]],
) -> dict[str, str]:
    """Return the name of the feed of each family in `delivered`: `source_system`, or the family's own without one.

    `known` are all contracts; `manifest` is what each feed has delivered, `{source_system: {contract's name: ...}}`.

    Raises:
        LandingRefused: a name of other characters, one name for two families, or one that another family has.
    """
    families = sorted({contract.source for contract in delivered})
    if source_system is None:
        names = {family: family for family in families}
    else:
        check_name(source_system)
        if len(families) > 1:
            raise LandingRefused(
                f"--source {source_system}: these are files of {len(families)} families, {' and '.join(families)}, and "
                "one feed has files of one. Land each family from a folder of its own."
            )
        names = dict.fromkeys(families, source_system)
    for family, name in names.items():
        owners = _owners(name, known, manifest)
        if other := next((owner for owner in owners if owner != family), None):
            raise LandingRefused(
                f"--source {name}: that feed has files of {other} ({owners[other]}), and these are of {family}. Give "
                "them another name with --source."
            )
    return names


def check_name(name: str) -> None:
    """Refuse a name that no feed can have.

    Raises:
        LandingRefused: saying what is allowed.
    """
    if not NAME.fullmatch(name):
        raise LandingRefused(
            f"--source {name!r}: not a name for a feed. Use up to 32 lower-case letters, digits, - and _, the first a "
            "letter or digit, as in north-clinic."
        )


def name_of_folder(folder: str) -> str:
    """Return the name of a feed that is called after its folder: lower case, `_` for what a name cannot have."""
    return re.sub(r"[^a-z0-9_-]", "_", folder.lower()).lstrip("_-")[:32]


def _owners(name: str, known: Mapping[str, Contract], manifest: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the families that a name belongs to, each with how that is known."""
    owners = {}
    if name in {contract.source for contract in known.values()}:
        owners[name] = "it is the name of the family"
    with (PROJECT / "seeds" / "source_system.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["source_system"] == name and row.get("family"):
                owners[row["family"]] = "seeds/source_system.csv says so"
    for table in manifest.get(name, {}):
        owners[table.split("__", 1)[0]] = "they have landed already"
    return owners

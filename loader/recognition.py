"""Which table a delivered file belongs to: the one whose contract takes both its name and its header.

A file that is named like a table and has most of its columns is that table with something missing, and refuses the
delivery. One with quite other columns is somebody else's file of the same name: it is left alone, and listed with why.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loader.contracts import Contract
from loader.files import LandingRefused, Layout, normal, read_layout, read_resource_layout, refuse_bad_header
from loader.resources import is_document

TABLE_ENDINGS = (".csv", ".tsv", ".psv", ".parquet")
"""How the names of tables end; .gz and .zst may follow."""

NEAR_MISS_SHARE = 0.5
"""The least share of a contract's needed columns that makes a file of its name the table with something missing.

Tables of other systems under the same name share an id or two with ours: a tenth of the columns. A column that was
renamed or forgotten leaves all but a few. Half lies far from both.
"""

DRAFT_HINT = "to have one land: warehouse contract FILE drafts a contract for it"


@dataclass(frozen=True)
class UnknownFile:
    """A file that is not landed: its `name` (a folder's ends in /), and why; None where no table has such a name."""

    name: str
    reason: str | None = None


def recognise(
    folder: Path, known: Mapping[str, Contract]
) -> tuple[dict[Contract, dict[Path, Layout]], list[UnknownFile]]:
    """Sort the files of `folder` by contract, and list those that no contract takes.

    `folder` may also be one file, or a pattern such as `extracts/2024-*.csv`.

    Raises:
        LandingRefused: nothing there, a file whose name fits a contract while it lies elsewhere, cannot be read, or its
            header lacks some of the contract's columns or is missing, or a whole table's file beside others of it.
    """
    found: dict[Contract, dict[Path, Layout]] = {}
    unknown = []
    for path in entries(folder):
        named = [contract for contract in known.values() if contract.names_file(path.name)]
        if named:
            refuse_link_out(path, folder)
        claims = claimed(path, named) if named else []
        for contract, layout in claims:
            refuse_bad_header(path, layout.header, contract.ignored)
            if layout.is_parquet != path.name.lower().endswith(".parquet"):
                raise LandingRefused(
                    f"{path.name}: {'it is' if layout.is_parquet else 'it is not'} Parquet. Name it for what it "
                    f"is, and name that under files in contracts/{contract.name}.toml."
                )
            found.setdefault(contract, {})[path] = layout
        if not claims:
            unknown.append(_why_not(path, named) if named else _unnamed(path))
    for contract, files in found.items():
        wholes = [path.name for path in files if contract.names_whole(path.name)]
        if wholes and len(files) > 1:
            others = ", ".join(path.name for path in files if path.name != wholes[0])
            raise LandingRefused(
                f"{wholes[0]} is all of {contract.name}, yet {others} would be added to it. Deliver the whole table "
                "or its parts, not both."
            )
    return found, unknown


def claimed(path: Path, named: Sequence[Contract], encoding: str | None = None) -> list[tuple[Contract, Layout]]:
    """Return the contract, of those that take the file's name, that takes its header too, and the file's layout.

    Of several, the one with most columns. A contract with `header = false` takes a file whose first line has as many
    fields as it has columns, where no other takes it. `encoding` stands in for that of the contracts. JSON may be of
    several: all contracts of the types of resources that it begins with, and where it begins with none, of its name.

    Raises:
        LandingRefused: the file cannot be read, or has a header where its contract says that it has none.
    """
    if of_json := [c for c in named if c.resource]:
        layout, types = read_resource_layout(path)
        return [
            (c, replace(layout, header=tuple(column.header for column in c.columns), resource=c.resource))
            for c in of_json
            if (types if is_document(path.name) else not types or c.resource.type in types)
        ]
    layouts = _layouts(path, named, encoding)
    if fitting := [c for c in named if c.header and not c.missing_from(layouts[c].header)]:
        contract = max(fitting, key=lambda contract: len(contract.columns))
        return [(contract, layouts[contract])]
    for contract in named:
        headers = tuple(column.header for column in contract.columns)
        if contract.header or len(layouts[contract].header) != len(headers):
            continue
        if _is_near_miss(contract, layouts[contract].header):
            raise LandingRefused(
                f"{path.name}, line 1: a header, {_listed(layouts[contract].header)}, yet contracts/{contract.name}"
                ".toml says header = false. Take that line out of the contract, or the header out of the file."
            )
        return [(contract, replace(layouts[contract], header=headers, has_header=False))]
    return []


def entries(folder: Path) -> list[Path]:
    """Return what `folder` holds, or the one file that it is, or what it matches as a pattern; hidden files apart.

    Raises:
        LandingRefused: there is nothing of that name.
    """
    if folder.is_dir():
        try:
            return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except PermissionError as error:
            raise LandingRefused(f"{folder}: no permission to list it. Give this account read access.") from error
    if not (found := [folder] if folder.is_file() else sorted(folder.parent.glob(folder.name))):
        raise LandingRefused(f"{folder}: no such folder. Name the folder that holds the files.")
    return found


def refuse_link_out(path: Path, folder: Path) -> None:
    """Refuse, unread, a link in a delivery to what lies outside of it. `folder`, which the user named, may be a link.

    Raises:
        LandingRefused: `path` is such a link.
    """
    target, inside = (Path(os.path.realpath(place)) for place in (path, path.parent))
    if path != folder and path.is_symlink() and not target.is_relative_to(inside):
        raise LandingRefused(f"{path.name}: a symbolic link out of its folder, not followed. Deliver what it leads to.")


def listing(unknown: Iterable[UnknownFile]) -> list[str]:
    """Return the lines that show files which are not landed: a line a table, with why; the others in one line."""
    unknown = list(unknown)
    tables = [file for file in unknown if file.reason]
    width = max((len(file.name) for file in tables), default=0)
    lines = [f"{file.name:<{width}}  {file.reason}" for file in tables]
    if others := [file.name for file in unknown if not file.reason]:
        lines.append(f"no tables by their names: {', '.join(others)}")
    return lines


def nothing_known(folder: Path, unknown: Sequence[UnknownFile], known: Mapping[str, Contract]) -> LandingRefused:
    """Return the refusal of a delivery of which no contract takes a file: it lists them, and says what to do."""
    lines = [f"{folder}: no file of a known table.", *(f"  {line}" for line in listing(unknown))]
    if any(file.reason for file in unknown):
        lines.append(f"{DRAFT_HINT[0].upper()}{DRAFT_HINT[1:]}.")
    names = ", ".join(dict.fromkeys(contract.files[0] for contract in known.values()))
    lines.append(f"Files that land have these names: {names}. Other names go under files in their contract.")
    return LandingRefused("\n".join(lines))


def _layouts(path: Path, named: Sequence[Contract], encoding: str | None = None) -> dict[Contract, Layout]:
    return {c: read_layout(path, [column.header for column in c.columns], encoding or c.encoding) for c in named}


def _unnamed(path: Path) -> UnknownFile:
    if path.is_dir():
        return UnknownFile(f"{path.name}/")
    plain = path.name.lower().removesuffix(".gz").removesuffix(".zst")
    return UnknownFile(path.name, "no contract names it" if plain.endswith(TABLE_ENDINGS) else None)


def _why_not(path: Path, named: Sequence[Contract]) -> UnknownFile:
    """Return why no contract that takes the file's name takes the file.

    Raises:
        LandingRefused: it is one of their tables, but columns or the header are missing.
    """
    if is_document(path.name):
        return UnknownFile(path.name)
    if named[0].resource:
        return UnknownFile(path.name, f"named like {named[0].source}.{named[0].table}, but of other resources")
    layouts = _layouts(path, named)
    nearest = max(named, key=lambda contract: _share_present(contract, layouts[contract].header))
    header = layouts[nearest].header
    if nearest.header and _is_near_miss(nearest, header):
        refuse_bad_header(path, header, nearest.ignored)
        others = [name for name in header if normal(name) not in nearest.known_headers]
        found = f"; found {_listed(others)}, which it does not name" if others else ""
        raise LandingRefused(
            f"{path.name}, line 1: missing column {', '.join(nearest.missing_from(header))} of {nearest.name}{found}. "
            f"Deliver the column, or mark it optional in contracts/{nearest.name}.toml."
        )
    if looks_like_data(header):
        if not nearest.header:
            raise LandingRefused(
                f"{path.name}, line 1: {len(header)} fields, but contracts/{nearest.name}.toml, which says header = "
                f"false, names {len(nearest.columns)} columns. Deliver them all, in the order of the contract."
            )
        for contract in named:
            if len(contract.needed) <= len(layouts[contract].header) <= len(contract.columns):
                raise LandingRefused(
                    f"{path.name}, line 1: this file seems to have no header ({_listed(header)}). Deliver it with the "
                    f"column names in its first line, or set header = false in contracts/{contract.name}.toml, whose "
                    "columns it must then have in their order."
                )
    fault = "it seems to have no header" if looks_like_data(header) else "its columns are other ones"
    return UnknownFile(path.name, f"named like {nearest.source}.{nearest.table}, but {fault}: {_listed(header)}")


def _share_present(contract: Contract, header: Iterable[str]) -> float:
    return 1 - len(contract.missing_from(header)) / max(len(contract.needed), 1)


def _is_near_miss(contract: Contract, header: Iterable[str]) -> bool:
    return _share_present(contract, header) >= NEAR_MISS_SHARE


def looks_like_data(header: Sequence[str]) -> bool:
    """Tell whether more fields of a first line are numbers, dates and ids than names. Empty fields are neither."""
    cells = [normal(cell) for cell in header if cell.strip()]
    # A number or a date begins with a digit, a code with few letters before it (p17, J45.9); icd9_code is a name.
    data = [cell for cell in cells if re.match(r"[-+$]?\d|[a-z]{0,3}-?\d[\d.]*$|[0-9a-f]{8}-[0-9a-f]{4}-", cell)]
    return 2 * len(data) > len(cells)


def _listed(header: Sequence[str], most: int = 8) -> str:
    """Return the names of a header, few and short enough to read."""
    shown = [name if len(name) <= 40 else f"{name[:40]}..." for name in header[:most]]
    return ", ".join(shown) + (f" and {len(header) - most} more" if len(header) > most else "")

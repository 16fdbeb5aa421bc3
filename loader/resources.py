"""Resources in JSON, one a line or in a bundle: which lines are such, and where in them a contract's columns are."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loader.records import MAX_RECORD_BYTES, unreadable
from loader.sql import filled

# A path leads from the resource to a value, which lands as text; an object or array lands as JSON:
#
#     code.text                                       the text of the code
#     participant[0].individual.reference             of the first element of an array
#     code.coding[system=http://loinc.org].code       of the first element whose system is that
#     identifier[type.coding[].code=MR].value         of the first element any of whose codings has that code
#     category[].coding[].code                        of all elements: a JSON array of text
#     extension[url=ombCategory][].valueCoding.code   of all elements whose url is that: the same
#     item.sequence                                   of the element that is the row, where rows = "item"
#     #                                               its place in that array, from 1
_STEPS = r"[A-Za-z_][\w-]*(?:\[\d*\])?(?:\.[A-Za-z_][\w-]*(?:\[\d*\])?)*"
_PATH = re.compile(rf"({_STEPS})(?:\[({_STEPS})=([^\[\]]+)\](\[\])?(?:\.(.+))?)?|")


@dataclass(frozen=True)
class Resource:
    """What a contract takes out of resources of a `type`: a row each, or a row an element of the array `rows`."""

    # Of a file that has a resource of the type on each line, `query` reads the rows, and `counts` counts resources and
    # rows. The class is the grammar of such files, as `Grammar` is of CSVs.
    type: str
    rows: str | None
    query: str
    counts: str

    line_break = b"\n"
    run = re.compile(rb"(?:\r?\n)*+")
    record = re.compile(rb"[^\n]*+(?:\n|\Z)")

    def fault(self, piece: bytes) -> str | None:
        """Say why a line is no resource of the type, None where it is."""
        if fault := unreadable(piece):
            return fault
        try:
            found = parsed(piece.decode())
        except ValueError as error:
            return f"{error}."
        if not isinstance(found, dict):
            return f"Not an object of JSON, but a {type(found).__name__}."
        if found.get("resourceType") != self.type:
            return f"Expected resourceType: {self.type} Found: {found.get('resourceType')}"
        return None if isinstance(found.get(self.rows, []), list) else f"{self.rows} is not an array."


def resource(kind: str, rows: str | None, columns: Iterable[str | tuple[str, ...]]) -> Resource:
    """Return what to take out of resources, of each column by the first of its paths that leads to a value.

    Raises ValueError for a path that cannot be read, and for rows that are not the name of an array.
    """
    if rows and not re.fullmatch(r"\w+", rows):
        raise ValueError(f"rows = {rows!r} is not the name of an array of the resource")
    paths = [(some,) if isinstance(some, str) else some for some in columns]
    values = [f"coalesce({', '.join(_column(path, rows) for path in some)}) AS c{n}" for n, some in enumerate(paths)]
    elements = f"json_extract(resource, '{_pointer(f'{rows}[]')}')" if rows else "[resource]"
    place, longest = Path(__file__).parent, str(MAX_RECORD_BYTES + 1)
    query = filled(place / "resources.sql", values=", ".join(values), elements=elements, longest=longest)
    elements = f"json_array_length(json, '{_pointer(rows)}')" if rows else "1"
    return Resource(kind, rows, query, filled(place / "resources_counted.sql", elements=elements, longest=longest))


def _column(path: str, rows: str | None) -> str:
    first, _, rest = path.partition(".")
    if path == "#":
        return "place::VARCHAR"
    return _text(rest, "element") if rows and first == rows else _text(path, "resource")


def _text(path: str, value: str, depth: int = 0) -> str:
    """Return the SQL of the text that a path leads to from a value of JSON; an empty path leads to itself."""
    if not (match := _PATH.fullmatch(path)):
        raise ValueError(f"path {path!r} cannot be read; write it as code.coding[system=http://loinc.org].code")
    steps, key, wanted, every, rest = (part or "" for part in match.groups())
    if not key:
        found = f"json_extract_string({value}, '{_pointer(steps)}')"
        return _as_array(found) if "[]" in steps else found
    each, wanted = f"e{depth}", wanted.replace("'", "''")
    found = f"json_extract_string({each}, '{_pointer(key)}')"
    is_wanted = f"list_contains({found}, '{wanted}')" if "[]" in key else f"{found} = '{wanted}'"
    chosen = f"list_filter(json_extract({value}, '{_pointer(f'{steps}[]')}'), lambda {each}: {is_wanted})"
    if every:
        return _as_array(f"list_transform({chosen}, lambda {each}: {_text(rest, each, depth + 1)})")
    return _text(rest, f"{chosen}[1]", depth + 1)


def _as_array(values: str) -> str:
    return f"nullif(to_json({values})::VARCHAR, '[]')"


def _pointer(steps: str) -> str:
    return "$" + re.sub(r"(\.|^)([A-Za-z_][\w-]*)", r'."\2"', steps).replace("[]", "[*]")


def parsed(text: str) -> Any:
    """Return the value of a text of JSON; raise ValueError where readers differ: a key twice, NaN, half a character."""
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=int)  # int refuses the words for no number
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Not JSON: {error}") from error
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {key!r} stands twice in one object")
    return found


def is_document(file: str) -> bool:
    """Tell whether a file of JSON is, by its name, one value and not one a line."""
    return file.lower().removesuffix(".gz").removesuffix(".zst").endswith(".json")


def split(document: Any, folder: Path) -> None:
    """Write the resources of a bundle, or the one that a document is, to <resourceType>.ndjson in a new folder."""
    # The nth entry is on the nth line, with its fullUrl as one key more; lines of other types are blank.
    is_bundle = isinstance(document, dict) and document.get("resourceType") == "Bundle"
    lines: dict[str, dict[int, str]] = defaultdict(dict)
    for number, entry in enumerate(document.get("entry") or () if is_bundle else [{"resource": document}], start=1):
        found = entry.get("resource") if isinstance(entry, dict) else None
        kind = str(found.get("resourceType")) if isinstance(found, dict) else ""
        url = {"fullUrl": entry["fullUrl"]} if kind and "fullUrl" in entry else {}
        of_kind = lines[kind if re.fullmatch(r"\w+", kind) else "entries without a resource"]
        of_kind[number] = json.dumps({**url, **found} if kind else entry)
    folder.mkdir()
    for kind, numbered in lines.items():
        text = "\n".join(numbered.get(number, "") for number in range(1, max(numbered) + 1))
        (folder / f"{kind}.ndjson").write_text(f"{text}\n", encoding="utf-8")

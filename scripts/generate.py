"""Write what follows from the models: the Power BI model, the dictionary, the lineage, the measures, the star.

And from the contracts: the same in the Open Data Contract Standard.

`python -m scripts.generate` writes the files, with `--check` it fails where one is not what the models say.
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

from loader import contracts
from scripts import catalog, dictionary, measures, powerbi, star
from workbench import odcs


def generated(published: catalog.Catalog) -> tuple[dict[Path, str], list[Path]]:
    """Return the files with their texts, and the files that must go."""
    written = powerbi.files(published)
    documents = {**dictionary.files(published), **star.files(published), measures.TARGET: measures.measures()}
    standard = odcs.write(contracts.load().values(), catalog.PROJECT / "contracts", version())
    gone = [file for file in (catalog.PROJECT / "contracts" / "odcs").glob("*") if file not in standard]
    return {**written, **documents, **standard}, [*powerbi.stale(written), *gone]


def version() -> str:
    """Return the version of the project."""
    return tomllib.loads((catalog.PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def main() -> int:
    """Write the files, or with --check say which are not what the models say."""
    written, stale = generated(catalog.read())
    changed = [path for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in [*changed, *stale]:
            print(f"{path.relative_to(catalog.PROJECT)} is not what the models say", file=sys.stderr)
        if changed or stale:
            print("run: make generate", file=sys.stderr)
        return 1 if changed or stale else 0
    os.umask(0o022)  # texts of the project, for all who read it; config.py makes all else for its owner alone
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written[path], encoding="utf-8")
    for path in written:
        path.chmod(0o644)
    for path in stale:
        path.unlink()
    print(f"generated  {len(written)} files, {len(changed)} of them changed, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

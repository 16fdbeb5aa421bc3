"""The documents are held to the code: commands exist, listed tables are published, the transcript is what runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loader.settings import PROJECT
from road import PACKAGES, Road
from workbench.cli import main

DOCUMENTS = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md"))]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M))
    # A command stands in back-ticks or on an indented line; the words "make" and "warehouse" stand in sentences too.
    command = r"(?:`|^ {4,}(?:\$ )?(?:\w+=\S+ )*(?:\.venv/bin/)?)"
    assert set(re.findall(command + r"make ([a-z-]+)\b", text, re.M)) <= targets
    named = set(re.findall(command + r"warehouse ([a-z]+)\b", text, re.M))
    assert named <= set(main.commands), named - set(main.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_every_file_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    files = re.findall(
        r"\b((?:models|loader|publisher|workbench|tests|audits|macros|seeds|contracts)/[\w/.-]+\.\w+)", text
    )
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [file for file in files if not (PROJECT / file).exists()]
    assert missing == []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Road:
    """The demo, run on generated data, published to the embedded DuckDB file."""
    road = Road(tmp_path_factory.mktemp("demo") / "project", None)
    assert road.run("warehouse", "demo") == 0, road.output
    return road


def test_the_readme_shows_what_the_demo_prints(demo: Road) -> None:
    transcript = README.split("$ make demo\n", 1)[1].split("$ make test", 1)[0]
    shown = [line.strip() for line in transcript.splitlines() if re.match(r"    (landed|built|dashboard|  )", line)]
    printed = [line.strip() for line in demo.output.splitlines()]
    assert len(shown) >= 14
    assert [line for line in shown if line not in printed] == []


def test_the_readme_lists_exactly_what_is_published(demo: Road) -> None:
    from sqlmesh import Context

    listed = set(re.findall(r"^\| `(\w+)` \|", README, re.M))
    context = Context(paths=[str(PROJECT)])
    assert listed == {model.view_name for model in context.models.values() if model.schema_name == "serving"}


def test_the_readme_shows_the_ladder_that_is_published(demo: Road) -> None:
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"ATTACH '{demo.home / 'published.duckdb'}' AS serving (READ_ONLY)")
        rows = con.execute(
            "SELECT definition_code, source_system, definition_label, numerator, denominator, value "
            "FROM serving.serving.v_readmission_ladder WHERE NOT value IS NULL ORDER BY 1, 2"
        ).fetchall()
    listed = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in README.splitlines()
        if re.match(r"\| R\w+ ", line)
    ]
    assert listed == [tuple(map(str, row)) for row in rows]


def test_settings_in_operations_are_the_ones_the_code_reads() -> None:
    sources = [PROJECT / "config.py", PROJECT / "tests" / "road.py"]
    sources += [file for package in PACKAGES for file in (PROJECT / package).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    read = set(re.findall(r"environ(?:\.get\(|\[)\s*\"([A-Z_]+)\"", text)) - {"PATH", "COLUMNS", "SERVING_TEST_URL"}
    documented = set(
        re.findall(r"^\| `([A-Z_]+)`", (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8"), re.M)
    )
    assert read <= documented, read - documented

"""The documents are held to the code: commands exist, listed tables are published, the transcript is what runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from loader.settings import PROJECT
from road import PACKAGES, Road
from workbench import families
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


def test_the_dictionary_lists_exactly_what_the_demo_publishes(demo: Road) -> None:
    import duckdb

    text = (PROJECT / "docs" / "dictionary.md").read_text(encoding="utf-8")
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{demo.home / 'published.duckdb'}' AS serving (READ_ONLY)")
        published = con.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_catalog = 'serving' AND table_schema = 'serving'"
        ).fetchall()
    assert set(re.findall(r"^\| \[`(\w+)`\]", text, re.M)) == {name for (name,) in published}


def test_a_column_that_has_another_name_keeps_the_old_one_beside_it_for_a_version(demo: Road) -> None:
    import duckdb

    former = [(r["published_table"], r["former_name"], r["column_name"]) for r in families.seed("former_column")]
    for file in sorted((PROJECT / "models" / "serving").glob("v_*.sql")):
        said = re.findall(r"(\w+) = 'Former name of (\w+), until version 0\.3\.'", file.read_text(encoding="utf-8"))
        former += [(file.stem, *names) for names in said]
    assert len(former) == 12
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{demo.home / 'published.duckdb'}' AS serving (READ_ONLY)")
        for table, old, new in former:
            found = con.execute(
                f"SELECT COUNT({new}), COUNT(*) FILTER ({old} IS DISTINCT FROM {new}) FROM serving.serving.{table}"
            ).fetchone()
            assert found is not None and found[0] > 0 and found[1] == 0, (table, old, found)


def test_the_star_is_drawn_with_every_fact_and_bridge() -> None:
    picture = (PROJECT / "docs" / "star.svg").read_text(encoding="utf-8")
    assert 'class="name"' in picture and "docs/star.svg" in README
    drawn = set(re.findall(r'class="name"[^>]*>(\w+)<', picture))
    stars = {file.stem for file in (PROJECT / "models" / "star").glob("*.sql")}
    assert {name for name in stars if name.startswith(("fact_", "bridge_"))} <= drawn
    assert "fact_inpatient_stay joins dim_payer" in picture


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


CITING = ("models", "macros", "audits", "loader", "publisher", "workbench", "seeds", "linter", "scripts", "docs")
CITATION = re.compile(r"(?<![\w/.:-])((?:[\w.-]+/)*[\w-]+\.md)(?:#([\w-]+))?")


def anchors(document: Path) -> set[str]:
    """Return what GitHub makes of a document's headings, as the part of a link behind `#`."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M):
        slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return set(found)


def dead_citations(file: Path, text: str) -> list[str]:
    """Return what a file's text cites that is not there: documents, and headings of documents."""
    dead = []
    for name, anchor in CITATION.findall(text):
        places = [folder / name for folder in (file.parent, PROJECT, PROJECT / "docs")]
        document = next((place for place in places if place.is_file()), None)
        if document is None or (anchor and anchor not in anchors(document)):
            dead.append(f"{file.relative_to(PROJECT)}: {name}#{anchor}".rstrip("#"))
    if file.suffix == ".md":
        own = anchors(file)
        dead += [f"{file.relative_to(PROJECT)}: #{a}" for a in re.findall(r"\]\(#([\w-]+)\)", text) if a not in own]
    return dead


def test_every_document_and_every_heading_cited_is_there() -> None:
    files = [PROJECT / "config.py", PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", PROJECT / "CHANGELOG.md"]
    for folder in CITING:
        files += sorted(f for f in (PROJECT / folder).rglob("*") if f.suffix in {".py", ".sql", ".md", ".csv", ".toml"})
    assert [dead for file in files for dead in dead_citations(file, file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("/* One row per payer (docs/measures.md#m5-non-covered-cost). */", 0),
        ("/* One row per payer (docs/measures.md#m5-noncovered-cost). */", 1),
        ("/* One row per payer (metrics.md, M5). */", 1),
        ("see measures.md#m9-charlson-index and operations.md", 0),
    ],
)
def test_a_wrong_citation_is_found(text: str, dead: int) -> None:
    assert len(dead_citations(PROJECT / "models" / "a.sql", text)) == dead


def said() -> list[str]:
    """Return the texts in the code, those of an f-string as one, its values as `...`."""
    files = [PROJECT / "config.py"]
    files += [file for package in (*PACKAGES, "macros") for file in (PROJECT / package).rglob("*.py")]
    texts = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(str(p.value) if isinstance(p, ast.Constant) else "..." for p in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts


def test_troubleshooting_quotes_messages_and_audits_that_there_are() -> None:
    text = (PROJECT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted: dict[bool, list[str]] = {True: [], False: []}
    for section in text.split("\n## ")[1:]:
        for cell in re.findall(r"^\| (`.*?`) \|", section, re.M):
            quoted[section.startswith("Audits")] += re.findall(r"`([^`]+)`", cell)
    texts = said()
    patterns = {message: ".+".join(map(re.escape, message.split("..."))) for message in quoted[False]}
    assert [m for m, pattern in patterns.items() if not any(re.search(pattern, t, re.S) for t in texts)] == []
    assert len(patterns) > 60
    assert set(quoted[True]) == {"not_null", *(file.stem for file in (PROJECT / "audits").glob("*.sql"))}

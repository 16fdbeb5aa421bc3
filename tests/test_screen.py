"""Text from data is text: neither markup of ours nor a command to the terminal."""

from __future__ import annotations

import io

import pytest
from rich.table import Table

from loader.cli import Screen, plain


@pytest.mark.parametrize("text", ["[moles/volume]", "[/x]", "[/result]", "[red]", ":warning:", "a\\[b]"])
def test_what_looks_like_markup_is_shown(text: str) -> None:
    shown = io.StringIO()
    screen = Screen(file=shown, highlight=False, width=60)
    table = Table("column", text)
    table.add_row("value", text)
    screen.print(table)
    screen.print(f"landed {text}")
    assert shown.getvalue().count(text) == 3


def test_escape_sequences_do_not_reach_the_terminal() -> None:
    shown = io.StringIO()
    Screen(file=shown, highlight=False, width=80).print("\x1b[2Jgone\x07 \x9b31m\ttab\nline")
    assert shown.getvalue().splitlines() == ["�[2Jgone� �31m  tab", "line"]
    assert plain("a\r\x00b\n\tc") == "a��b\n\tc"

"""The least that the two accounts of a serving server need: the one that publishes, and the one that reads."""

from __future__ import annotations

import re

from publisher.adapter import CATALOG
from publisher.connection import Session, connect_to
from publisher.url import ServingUrl

PUBLISHER = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "CREATE VIEW", "SHOW VIEW",
)  # fmt: skip
"""On the schemas that the warehouse makes. LOAD DATA LOCAL needs INSERT alone; locks and variables need nothing."""

READER = ("SELECT", "SHOW VIEW")
"""On the views. They read the tables behind them as the account that made them, so a reader needs no more."""

ENVIRONMENTS = (CATALOG, rf"{CATALOG}\_\_%")
"""The schema of prod, and those of the other environments, as GRANT names them."""


def statements(publisher: str, reader: str, host: str = "%") -> list[str]:
    r"""Return the GRANT statements for both accounts; `_` is any character in a GRANT, and `\_` an underscore.

    Raises:
        ValueError: when a name could not stand in quotes.
    """
    for name in (publisher, reader, host):
        if not re.fullmatch(r"[\w.%:/-]+", name):
            raise ValueError(f"{name!r} is not a valid account or host name: use letters, digits and _ . - % : /")
    privileges = ", ".join(PUBLISHER)
    made = [rf"GRANT {privileges} ON `{schema}`.* TO '{publisher}'@'{host}'" for schema in ENVIRONMENTS]
    made.append(rf"GRANT {privileges} ON `sqlmesh\_\_{CATALOG}`.* TO '{publisher}'@'{host}'")
    return [*made, *(f"GRANT {', '.join(READER)} ON `{schema}`.* TO '{reader}'@'{host}'" for schema in ENVIRONMENTS)]


def apply(url: ServingUrl, made: list[str]) -> None:
    """Run the statements with the account of `url`, which needs these privileges itself, and GRANT OPTION.

    Raises:
        ServingError: when the server cannot be reached or refuses one; those before it stand.
    """
    with connect_to(url) as connection:
        session = Session(connection)
        for statement in made:
            session.execute(statement)

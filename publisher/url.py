"""The URL of a server to publish to, with its password kept out of what is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

EXPECTED = "SERVING_URL: expected mysql://user:password@host:port/ (percent-encode : / ? # @ in the password)"

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
"""The hosts that are this machine: what is sent to them leaves it by no wire."""


@dataclass(frozen=True)
class ServingUrl:
    """A serving server: `mysql://user:password@host:port/`; query options are those of TLS (connection.py)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, url: str) -> ServingUrl:
        """Parse `url`.

        Raises:
            ValueError: not a `mysql://` (or `mariadb://`) URL with a user and a host, or it has another option; the
                message never shows it.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or 3306
        except ValueError:  # Python shows the part that it cannot read, which may be one of the password
            raise ValueError(EXPECTED) from None
        if parts.scheme.split("+")[0] not in {"mysql", "mariadb"} or not parts.hostname or not parts.username:
            raise ValueError(EXPECTED)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        verifies = options.keys() <= {"ssl_ca", "ssl_verify"} and all(options.values())
        if not (verifies and options.get("ssl_verify", "true") in {"true", "ca", "false"}) and (
            options != {"tls": "off"} or parts.hostname not in LOOPBACK
        ):
            raise ValueError(
                "SERVING_URL: expected no options but ssl_ca=FILE and ssl_verify=true|ca|false, or tls=off for a "
                "server on this machine"
            )
        return cls(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            options=options,
        )

    @property
    def shown(self) -> str:
        """The URL with its password masked, fit for a screen or a log."""
        return f"mysql://{self.user}:***@{self.host}:{self.port}/"

    @property
    def account(self) -> dict[str, Any]:
        """Where to connect and as whom: arguments of PyMySQL's `connect`."""
        return {"host": self.host, "port": self.port, "user": self.user, "password": self.password}

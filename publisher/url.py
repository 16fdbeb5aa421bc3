"""The URL of a server to publish to, with its password kept out of what is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class ServingUrl:
    """A serving server: `mysql://user:password@host:port/`; query options are TLS settings (`ssl_ca`, `ssl_verify`)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, url: str) -> ServingUrl:
        """Parse `url`.

        Raises:
            ValueError: not a `mysql://` (or `mariadb://`) URL with a user and a host; the message never shows it.
        """
        parts = urlsplit(url)
        if parts.scheme.split("+")[0] not in {"mysql", "mariadb"} or not parts.hostname or not parts.username:
            raise ValueError(
                "SERVING_URL: expected mysql://user:password@host:port/ (percent-encode : / @ in the password)"
            )
        return cls(
            host=parts.hostname,
            port=parts.port or 3306,
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            options={name: values[-1] for name, values in parse_qs(parts.query).items()},
        )

    @property
    def shown(self) -> str:
        """The URL with its password masked, fit for a screen or a log."""
        return f"mysql://{self.user}:***@{self.host}:{self.port}/"

    @property
    def account(self) -> dict[str, Any]:
        """Where to connect and as whom: arguments of PyMySQL's `connect`."""
        return {"host": self.host, "port": self.port, "user": self.user, "password": self.password}

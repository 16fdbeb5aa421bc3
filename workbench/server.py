"""A private MySQL or MariaDB server: own data folder, loopback only, free port, generated password.

It is for trying the warehouse out and for its tests; the server that people read from is named by SERVING_URL.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pymysql

from loader import settings
from publisher.url import ServingUrl

ACCOUNT = "warehouse"
"""The one account that can log in; it has every privilege, its password is generated."""

PATIENCE = 120
"""Seconds to wait for a server to answer (crash recovery of a full warehouse takes a while) or to end."""

OPTIONS = (
    "--bind-address=127.0.0.1",
    "--socket=server.sock",  # relative to the data folder: an absolute path may not exceed 107 characters
    "--loose-mysqlx=OFF",  # MySQL alone has this second port; "loose" keeps MariaDB from refusing the option
    "--skip-name-resolve",
    "--local-infile=ON",  # the publisher loads with LOAD DATA LOCAL
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_bin",  # compares bytes as DuckDB does: 'a' and 'A' are two keys
    # MySQL's own default, so that MariaDB is as strict as the server the tables end up on.
    "--sql-mode=ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION",
    "--max-allowed-packet=64M",
    "--innodb-buffer-pool-size=512M",
    # Room in the pages of new indexes: where they are full, the first rows added here and there split nearly all.
    "--innodb-fill-factor=85",
    # Relaxed durability, right only because all that is here can be published again: what was committed survives a
    # killed server, but not a power cut, and nothing can be replicated or restored to a point in time.
    "--innodb-flush-log-at-trx-commit=2",
    "--skip-log-bin",
)
"""How the private server runs, beyond where it runs."""


class ServerError(OSError):
    """A private server cannot be had; the message says why, and what to do."""


@dataclass(frozen=True)
class Server:
    """A private server that answers: its URL (with the password), its version and the folder with all it keeps."""

    url: str = field(repr=False)
    version: str
    folder: Path

    @property
    def shown(self) -> str:
        """The server in a few words, without its password."""
        name = "MariaDB" if "MariaDB" in self.version else "MySQL"
        return f"{name} {self.version.partition('-')[0]}, {ServingUrl.parse(self.url).shown}"


def find_server() -> Path | None:
    """Return the server program: WAREHOUSE_MYSQLD, else mysqld or mariadbd on PATH or in /usr/sbin, else None.

    Raises:
        ServerError: when WAREHOUSE_MYSQLD names no program.
    """
    if named := os.environ.get("WAREHOUSE_MYSQLD"):
        if not (program := shutil.which(named)):
            raise ServerError(f"WAREHOUSE_MYSQLD={named}: no such program; name a mysqld or mariadbd, or unset it")
        return Path(program).absolute()
    # A user's PATH often leaves out the sbin folders, where the packages put servers.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    program = shutil.which("mysqld", path=path) or shutil.which("mariadbd", path=path)
    return Path(program) if program else None


def running(folder: Path | None = None) -> Server | None:
    """Return the private server of `folder` (default: the one under WAREHOUSE_HOME) if it answers, else None.

    A server that answers but keeps its data elsewhere is another's (a copied folder, a port taken over): None.
    """
    folder = folder or settings.private_url_file().parent
    if not (folder / "url").exists():
        return None
    return _answering(folder, (folder / "url").read_text().strip())


def start(folder: Path | None = None) -> Server:
    """Start the private server of `folder` (default: the one under WAREHOUSE_HOME), or return it when it runs already.

    The server outlives this process. After a crash it starts again on the same data, with the same password and, where
    it is still free, on the same port. Two starts at once give one server.

    Raises:
        ServerError: when there is no server program, or it does not come up; the message ends with the server's log.
    """
    folder = (folder or settings.private_url_file().parent).absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return running(folder) or _started(folder, lock.fileno())


def stop(folder: Path | None = None) -> bool:
    """End the private server of `folder` cleanly and wait for it; return False when none ran.

    Raises:
        ServerError: when it does not end in time.
    """
    folder = (folder or settings.private_url_file().parent).absolute()
    if (process := _process(folder)) is None:
        return False
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    while _serves(process, folder):
        if time.monotonic() > deadline:
            raise ServerError(f"the private server (process {process}) has not ended in {PATIENCE} s{_log(folder)}")
        time.sleep(0.05)
    return True


@contextmanager
def private_server(folder: Path) -> Iterator[str]:
    """Run a throwaway server in `folder`, yield its URL, and at the end stop it and remove the folder.

    For tests: `with private_server(tmp_path / "server") as url: ...`

    Raises:
        ServerError: as `start`.
    """
    try:
        yield start(folder).url
    finally:
        stop(folder)
        shutil.rmtree(folder)


def _started(folder: Path, lock: int) -> Server:
    """Start a server on `folder`, making its data first where there is none; the caller holds the lock (its file)."""
    program = find_server()
    if program is None:
        raise ServerError(
            "no mysqld or mariadbd found: install MySQL or MariaDB (as root: apt-get install mariadb-server-core "
            "mariadb-client-core), name the program in WAREHOUSE_MYSQLD, or name a server of yours in SERVING_URL"
        )
    data, url_file, account_file = folder / "data", folder / "url", folder / "account.sql"
    stop(folder)  # one that runs, but no longer answers to its URL
    # A killed server leaves this, and MySQL would not start while any program has the process number in it.
    (data / "server.sock.lock").unlink(missing_ok=True)
    (folder / "files").mkdir(mode=0o700, exist_ok=True)
    (folder / "tmp").mkdir(mode=0o700, exist_ok=True)
    if not data.exists():
        _initialise(program, folder, lock)
    known = ServingUrl.parse(url_file.read_text().strip()) if url_file.exists() else None
    password = known.password if known else secrets.token_urlsafe(24)
    port = known.port if known and _is_free(known.port) else _free_port()
    url = f"mysql://{ACCOUNT}:{password}@127.0.0.1:{port}/"
    # The server runs this file before it listens: at no moment can anyone log in without the password. The account that
    # the packages make without one goes.
    _write_private(
        account_file,
        f"CREATE USER IF NOT EXISTS {ACCOUNT}@'127.0.0.1';\n"
        f"ALTER USER {ACCOUNT}@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL PRIVILEGES ON *.* TO {ACCOUNT}@'127.0.0.1' WITH GRANT OPTION;\n"
        "DROP USER IF EXISTS root@localhost;\n",
    )
    command = [
        *_program(program),
        f"--datadir={data}",
        f"--pid-file={folder / 'server.pid'}",
        f"--port={port}",
        f"--init-file={account_file}",
        f"--secure-file-priv={folder / 'files'}",  # the one folder the server itself may read files from
        *OPTIONS,
    ]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, **_surroundings(folder, log), start_new_session=True)
    # The server writes this itself, but later: were we killed before that, the next start would not know of it.
    (folder / "server.pid").write_text(f"{process.pid}\n")
    deadline = time.monotonic() + PATIENCE
    try:
        while not (server := _answering(folder, url)):
            if process.poll() is not None:
                raise ServerError(f"{program} ended with exit code {process.returncode}{_log(folder)}")
            if time.monotonic() > deadline:
                raise ServerError(f"{program} has not answered on port {port} in {PATIENCE} s{_log(folder)}")
            time.sleep(0.05)
    except BaseException:  # Ctrl-C too: no server stays behind whose password nobody knows
        process.terminate()
        process.wait()
        raise
    finally:
        account_file.unlink()
    _write_private(url_file, url + "\n")
    return server


def _initialise(program: Path, folder: Path, lock: int) -> None:
    """Make the data folder; only a whole one is named `data`, what an interrupted attempt left is thrown away."""
    if (folder / "data.new").exists():
        shutil.rmtree(folder / "data.new")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    if "MariaDB" in version:
        places = os.pathsep.join([str(program.parent), str(program.parent.parent / "bin"), os.environ.get("PATH", "")])
        installer = shutil.which("mariadb-install-db", path=places)
        if installer is None:
            raise ServerError(f"{program} is there but mariadb-install-db is not: apt-get install mariadb-server-core")
        command = [*_program(Path(installer)), "--datadir=./data.new", "--skip-test-db"]  # takes no blank in a path
    else:
        command = [*_program(program), f"--datadir={folder / 'data.new'}", "--skip-log-bin", "--initialize-insecure"]
    with (folder / "server.log").open("wb") as log:
        # It shares our lock: were we killed, the next start would wait for it instead of working beside it.
        made = subprocess.run(command, **_surroundings(folder, log), pass_fds=[lock])
    if made.returncode:
        raise ServerError(f"{command[0]} could not make the data folder{_log(folder)}")
    (folder / "data.new").rename(folder / "data")


def _surroundings(folder: Path, log: IO[bytes]) -> dict[str, Any]:
    """Return how a server's program runs in `folder`: no input, output to `log`, temporary files of its own.

    A MariaDB that starts deletes every `#sql*` in the folder of temporary files, also those in use by another server
    that shares it, whose statement then fails.
    """
    environment = os.environ | {"TMPDIR": str(folder / "tmp")}
    return {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": folder, "env": environment}


def _program(program: Path) -> list[str]:
    """Return the start of a command line: the program, deaf to the machine's option files, as root when we are root."""
    # A program that the user named may be a wrapper that says --no-defaults itself, and a second one is an error.
    command = [str(program)] if os.environ.get("WAREHOUSE_MYSQLD") else [str(program), "--no-defaults"]
    if os.geteuid() == 0:
        # Servers refuse to run as root unless told to. Here it is right: the data folder is root's own, no other
        # account need exist on the machine or reach it, and the server listens on the loopback address alone.
        command.append("--user=root")
    return command


def _answering(folder: Path, url: str) -> Server | None:
    """Return the server at `url` when it takes our password and keeps its data in `folder`, else None."""
    parts = ServingUrl.parse(url)
    try:
        with (
            pymysql.connect(**parts.account) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT VERSION(), @@datadir")
            version, data = cursor.fetchone()
    except pymysql.err.OperationalError:  # nobody listens there (yet, or any more), or it is not ours
        return None
    return Server(url, version, folder) if Path(data).resolve() == (folder / "data").resolve() else None


def _process(folder: Path) -> int | None:
    """Return the process that serves `folder`, else None; a number since given to another program does not count."""
    file = folder / "server.pid"
    text = file.read_text().strip() if file.exists() else ""
    return int(text) if text and _serves(int(text), folder) else None


def _serves(process: int, folder: Path) -> bool:
    """Tell whether `process` runs and is the server of `folder`."""
    return f"--datadir={folder / 'data'}" in _command_line(process)


def _command_line(process: int) -> str:
    """Return the command line of a process, empty when it has ended."""
    if not Path("/proc/self").exists():  # macOS; on Linux it is ps that may be missing
        command = ["ps", "-ww", "-o", "command=", "-p", str(process)]
        return subprocess.run(command, capture_output=True, text=True).stdout
    try:
        return os.fsdecode(Path(f"/proc/{process}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _log(folder: Path) -> str:
    """Return the end of the server's log, its errors where there are any, as the end of a message."""
    log = folder / "server.log"
    lines = log.read_text(errors="replace").splitlines()[-40:] if log.exists() else []
    errors = [line for line in lines if "ERROR" in line]
    text = "\n  ".join([f"; the end of {log}:", *(errors or lines)[-8:]])
    if "ermission denied" in text and Path("/sys/kernel/security/apparmor").exists():
        text += "\nAppArmor may confine this server to its system folders: unload its profile, or use another server."
    return text


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: old connections do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _write_private(file: Path, text: str) -> None:
    """Write `text` to `file`, which no one else can read at any moment; a reader sees the old text or the new."""
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    new.replace(file)

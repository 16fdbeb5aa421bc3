"""The private server, against a real MySQL or MariaDB: what starts, what survives, who gets in."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from loader import settings
from publisher.url import ServingUrl
from workbench import server
from workbench.cli import main

START = "from workbench import server; print(server.start().url)"


def connect(url: str, **changed: object) -> pymysql.Connection:
    parts = ServingUrl.parse(url)
    account = parts.account
    return pymysql.connect(**{**account, "autocommit": True, **changed})


def query(url: str, *statements: str) -> list[tuple]:
    """Run the statements and return the rows of the last one."""
    with connect(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


def process_of(folder: Path) -> int:
    return int((folder / "server.pid").read_text())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Server]:
    """A running server for the tests that only look at it; blank, quote and length in its path are on purpose."""
    folder = tmp_path_factory.mktemp("server") / ("it's a long path " + "x" * 100)
    with server.private_server(folder):
        yield server.running(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder for a server that a test starts and stops as it likes."""
    yield tmp_path / "server"
    server.stop(tmp_path / "server")


def test_settings_are_those_the_publisher_relies_on(shared: server.Server) -> None:
    wanted = {
        "bind_address": "127.0.0.1",
        "skip_name_resolve": "ON",
        "local_infile": "ON",
        "character_set_server": "utf8mb4",
        "collation_server": "utf8mb4_bin",
        "log_bin": "OFF",
    }
    names = ", ".join(f"'{name}'" for name in [*wanted, "sql_mode"])
    found = dict(query(shared.url, f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})"))
    modes = found.pop("sql_mode").split(",")
    assert found == wanted
    assert {"STRICT_TRANS_TABLES", "NO_ZERO_DATE", "ERROR_FOR_DIVISION_BY_ZERO"} <= set(modes)


def test_second_start_returns_the_running_server(shared: server.Server) -> None:
    before = process_of(shared.folder)
    assert server.start(shared.folder) == shared
    assert process_of(shared.folder) == before


def test_no_account_gets_in_over_tcp_without_the_password(shared: server.Server) -> None:
    accounts = {user for (user,) in query(shared.url, "SELECT User FROM mysql.user")}
    assert "root" not in accounts
    for user in accounts | {"root", "mysql", "", server.ACCOUNT}:
        for password in ("", user, "wrong"):
            with pytest.raises(pymysql.err.OperationalError, match=r"Access denied|not allowed|locked"):
                connect(shared.url, user=user, password=password)
    assert query(shared.url, "SELECT CURRENT_USER()") == [(f"{server.ACCOUNT}@127.0.0.1",)]


def test_password_is_in_the_url_file_and_nowhere_else(shared: server.Server) -> None:
    password = ServingUrl.parse(shared.url).password
    command = server._command_line(process_of(shared.folder))
    assert str(shared.folder) in command
    assert password not in command
    holders = [file for file in shared.folder.glob("*") if file.is_file() and password in file.read_text()]
    assert holders == [shared.folder / "url"]
    assert holders[0].stat().st_mode & 0o777 == 0o600
    assert shared.folder.stat().st_mode & 0o777 == 0o700
    assert password not in f"{shared!r} {shared.shown}"


def test_server_outlives_the_process_that_started_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    # Capturing ends only when no process holds the pipe: a server that kept it would hang `make mysql | cat`.
    url = subprocess.run([sys.executable, "-c", START], check=True, capture_output=True, text=True, timeout=120).stdout
    try:
        assert server.running().url == url.strip() == settings.private_url_file().read_text().strip()
        assert str(settings.serving().port) in server.running().shown
    finally:
        assert server.stop() is True
    assert server.running() is None
    assert server.stop() is False


def test_two_starts_at_once_give_one_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    starts = [subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        first, second = (start.communicate(timeout=240)[0] for start in starts)
        assert first == second == settings.private_url_file().read_text()
    finally:
        server.stop()


def test_stopped_server_starts_again_with_the_same_url_and_data(folder: Path) -> None:
    first = server.start(folder)
    query(first.url, "CREATE DATABASE kept", "CREATE TABLE kept.t (a INT)", "INSERT INTO kept.t VALUES (7)")
    assert server.stop(folder) is True
    again = server.start(folder)
    assert again == first
    assert query(again.url, "SELECT a FROM kept.t") == [(7,)]


def test_killed_server_starts_again_with_all_that_was_committed(folder: Path) -> None:
    first = server.start(folder)
    query(first.url, "CREATE DATABASE kept", "CREATE TABLE kept.t (a INT)", "INSERT INTO kept.t VALUES (7)")
    os.kill(process_of(folder), signal.SIGKILL)
    while server.running(folder):
        pass
    assert (folder / "server.pid").exists()
    assert server.stop(folder) is False
    again = server.start(folder)
    assert again == first
    assert query(again.url, "SELECT a FROM kept.t") == [(7,)]


def test_stale_process_number_of_another_program_is_left_alone(folder: Path) -> None:
    server.start(folder)
    server.stop(folder)
    for name in ("server.pid", "data/server.sock.lock"):
        (folder / name).write_text(f"{os.getpid()}\n")
    assert server.stop(folder) is False  # had it signalled the number, this test run would have ended here
    assert server.start(folder) == server.running(folder)
    assert process_of(folder) != os.getpid()


def test_two_servers_side_by_side_do_not_meet(folder: Path, shared: server.Server) -> None:
    other = server.start(folder)
    assert ServingUrl.parse(other.url).port != ServingUrl.parse(shared.url).port
    query(other.url, "CREATE DATABASE only_here")
    assert query(shared.url, "SHOW DATABASES LIKE 'only_here'") == []
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        connect(shared.url, password=ServingUrl.parse(other.url).password)
    for each in (other, shared):  # a MariaDB that starts deletes the temporary tables it finds
        assert query(each.url, "SELECT @@tmpdir") == [(str(each.folder / "tmp"),)]


def test_copied_folder_is_not_taken_for_the_original(folder: Path, shared: server.Server) -> None:
    folder.mkdir()
    shutil.copy(shared.folder / "url", folder / "url")
    assert server.running(folder) is None


def test_private_server_leaves_nothing_behind_when_the_test_fails(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    with pytest.raises(ZeroDivisionError), server.private_server(folder) as url:
        assert query(url, "SELECT 1") == [(1,)]
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(pymysql.err.OperationalError, match="Can't connect"):
        connect(url)


def test_server_that_cannot_start_says_why(folder: Path) -> None:
    server.start(folder)
    server.stop(folder)
    (folder / "data" / "ibdata1").write_bytes(b"no tablespace")
    with pytest.raises(server.ServerError, match=r"ended with exit code(.|\n)*server.log:(.|\n)*ibdata1"):
        server.start(folder)
    assert not (folder / "account.sql").exists()


def test_program_that_is_no_server_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_MYSQLD", "/no/such/mysqld")
    with pytest.raises(server.ServerError, match="WAREHOUSE_MYSQLD=/no/such/mysqld: no such program"):
        server.start(folder)
    monkeypatch.setenv("WAREHOUSE_MYSQLD", "false")
    with pytest.raises(server.ServerError, match="could not make the data folder"):
        server.start(folder)
    assert not (folder / "data").exists()


def test_program_is_found_by_name_then_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mysqld", "mariadbd"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.delenv("WAREHOUSE_MYSQLD", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server.find_server() == tmp_path / "mysqld"
    monkeypatch.setenv("WAREHOUSE_MYSQLD", str(tmp_path / "mariadbd"))
    assert server.find_server() == tmp_path / "mariadbd"


# What a command says of a server that it cannot use


def write_certificate(folder: Path, name: str, host: str | None = None, issuer: tuple | None = None) -> tuple:
    """Write NAME.pem and NAME.key: a CA of its own, or a server's, signed by `issuer`; return what signs by it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signed_by, signing = issuer or (subject, key)
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder(signed_by, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if host:
        built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    certificate = built.sign(signing, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.TraditionalOpenSSL
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    )
    return subject, key


@pytest.fixture(scope="module")
def with_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ServingUrl]]:
    """A folder with ca.pem and other_ca.pem, and a server whose certificate names localhost and is signed by ca.pem."""
    folder = tmp_path_factory.mktemp("tls")
    write_certificate(folder, "server", "localhost", write_certificate(folder, "ca"))
    write_certificate(folder, "other_ca")
    files = (f"--ssl-ca={folder}/ca.pem", f"--ssl-cert={folder}/server.pem", f"--ssl-key={folder}/server.key")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "OPTIONS", (*server.OPTIONS, *files))
        with server.private_server(folder / "server") as url:
            yield folder, ServingUrl.parse(url)


COMMANDS = (["plan"], ["verify"], ["query", "SELECT 1"], ["grants", "--apply"], ["dashboard"], ["janitor"])
"""Every command that reaches the server."""

RIGHT = "mysql://warehouse:{password}@localhost:{port}/"
UNUSABLE = {
    "wrong password": ("mysql://warehouse:x@localhost:{port}/", "Access denied .* -> check user and password"),
    "unknown account": ("mysql://nobody:{password}@localhost:{port}/", "Access denied .* -> check user and password"),
    "nothing listens": ("mysql://warehouse:{password}@localhost:1/", "Can't connect .* -> check host and port"),
    "host unknown": ("mysql://warehouse:{password}@a.invalid:{port}/", "Can't connect .* -> check host and port"),
    "no file of the CA": (RIGHT + "?ssl_ca=/no.pem", r"/no\.pem: .*No such file.* -> check .* PEM file of the CA"),
    "another CA": (
        RIGHT + "?ssl_ca={folder}/other_ca.pem",
        "verify failed.* -> check .* CA that signed its certificate",
    ),
    "certificate of another host": (
        "mysql://warehouse:{password}@127.0.0.1:{port}/?ssl_ca={folder}/ca.pem",
        r"not valid for '127\.0\.0\.1'.* -> check .* the certificate names the host",
    ),
    "no TLS": ("{without_tls}?ssl_verify=true", "(required|verify failed).* -> check that the server has TLS"),
    "unknown value": (RIGHT + "?ssl_verify=no", r"expected no options but .* ssl_verify=true\|ca\|false"),
    "upper case": (RIGHT + "?ssl_verify=True", r"expected no options but .* ssl_verify=true\|ca\|false"),
}
"""URLs that are of no use, of parts of the URL of a server that is, and what must be said about each."""


@pytest.mark.parametrize("wrong", UNUSABLE)
def test_every_command_says_in_one_line_what_is_wrong_with_the_server_and_what_to_do(
    wrong: str,
    with_tls: tuple[Path, ServingUrl],
    shared: server.Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, at = with_tls
    url, expected = UNUSABLE[wrong]
    url = url.format(folder=folder, password=at.password, port=at.port, without_tls=shared.url)
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.setenv("SERVING_URL", url)
    for command in COMMANDS:
        done = CliRunner().invoke(main, command)
        assert (done.exit_code, type(done.exception)) == (1, SystemExit), (command, done.output)
        [said] = [line for line in done.output.splitlines() if line.startswith(("Error: ", "not published: "))]
        assert re.search(expected, said), (command, said)
        assert at.password not in done.output


@pytest.mark.parametrize(
    "options", ["?ssl_ca={folder}/ca.pem", "?ssl_ca={folder}/ca.pem&ssl_verify=ca", "?ssl_verify=false"]
)
def test_a_server_that_is_as_the_options_say_answers(
    options: str, with_tls: tuple[Path, ServingUrl], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, at = with_tls
    monkeypatch.setenv("SERVING_URL", (RIGHT + options).format(folder=folder, password=at.password, port=at.port))
    done = CliRunner().invoke(main, ["query", "SHOW STATUS LIKE 'Ssl_version'"])
    assert done.exit_code == 0, done.output
    assert "TLSv1" in done.output

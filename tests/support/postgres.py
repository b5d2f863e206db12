"""A private PostgreSQL server on loopback, from Debian's package, gone after the tests."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = "sudo apt-get install postgresql"


class Server:
    """A running server; `url(name)` is a database's address."""

    def __init__(self, programs: Path, port: int) -> None:
        self.programs = programs
        self.port = port

    def url(self, database: str) -> str:
        return f"postgresql://stemfleet@127.0.0.1:{self.port}/{database}"

    def sql(self, command: str) -> None:
        psql = [self.programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.url("postgres"), "-c", command]
        subprocess.run(psql, check=True, capture_output=True)


@contextmanager
def server() -> Iterator[Server]:
    """PostgreSQL refuses to run as root, so there the package's own user runs it."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="stemfleet-pg-"))
    user = _user()
    if user is not None:
        shutil.chown(folder, user.pw_name)
    data = folder / "data"
    port = _free_port()
    try:
        _run(user, programs / "initdb", "-D", data, "-U", "stemfleet", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        _run(user, programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield Server(programs, port)
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not versions:
        raise RuntimeError(f"PostgreSQL's server is not installed. Install it with: {INSTALL}")
    return versions[-1]


def _user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def _run(user: pwd.struct_passwd | None, *command: object) -> None:
    as_user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run(
        list(map(str, command)),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **as_user,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""Run a command with TEST_DATABASE_URL set to a real PostgreSQL: an existing one, or one started just for it.

    python scripts/postgres.py [--durable] COMMAND [ARG …]

In this order: TEST_DATABASE_URL as it is; the machine's own binaries, started privately in a temporary directory; as
root on Debian or Ubuntu, the package `postgresql` installed first; else a wheel that ships the server.
"""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SETTINGS = {"max_connections": "200", "shared_buffers": "256MB", "max_wal_size": "4GB"}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only; `--durable` leaves them out, since a benchmark of durable writes must write durably."""


def find_binaries() -> Path | None:
    """The newest folder that holds initdb and postgres, or None."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(Path(p).parent.name.split(".")[0]))
    if found := shutil.which("initdb"):
        folders.insert(0, str(Path(found).resolve().parent))
    good = [Path(f) for f in folders if (Path(f) / "initdb").exists() and (Path(f) / "postgres").exists()]
    return good[-1] if good else None


def install_binaries() -> Path | None:
    """Debian's package when root, else a wheel; None when neither can be had."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing PostgreSQL for the tests …", file=sys.stderr)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"], check=False, **quiet
        )
        if found := find_binaries():
            return found
    locked = Path(__file__).parent.parent / "requirements" / "postgres.lock"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(locked)], check=False)
    folders = glob.glob(f"{sys.prefix}/lib/python*/site-packages/pgserver/pginstall/bin")
    return Path(folders[0]) if folders else None


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def user_for_server() -> str | None:
    """PostgreSQL refuses to run as root: the account to run it as, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
            return name
        except KeyError:
            continue
    raise SystemExit("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as.")


def start(binaries: Path, home: Path, port: int, *, is_durable: bool) -> tuple[subprocess.Popen[bytes], str]:
    """A cluster in `home` listening on 127.0.0.1:`port`; answers its process and the URL of an empty database."""
    user = user_for_server()
    data = home / "data"
    if user:
        shutil.chown(home, user)
        home.chmod(0o755)
    demoted = {"user": user} if user else {}
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "teplo", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=home,
        **demoted,
    )
    options = [
        part for key, value in (SETTINGS | ({} if is_durable else HASTY)).items() for part in ("-c", f"{key}={value}")
    ]
    server = subprocess.Popen(
        [binaries / "postgres", "-D", data, "-p", str(port), "-k", home, "-c", "listen_addresses=127.0.0.1", *options],
        stdout=subprocess.DEVNULL,
        stderr=(home / "log").open("wb"),
        cwd=home,
        **demoted,
    )
    for _ in range(300):
        ready = subprocess.run([binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL)
        if ready.returncode == 0:
            return server, f"postgres://teplo@127.0.0.1:{port}/postgres"
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"PostgreSQL did not start:\n{(home / 'log').read_text()[-2000:]}")


def main(command: list[str]) -> int:
    """Run `command`; its exit code is ours."""
    is_durable = command[:1] == ["--durable"]
    command = command[is_durable:]
    if os.environ.get("TEST_DATABASE_URL"):
        return subprocess.run(command).returncode
    binaries = find_binaries() or install_binaries()
    if binaries is None:
        raise SystemExit("No PostgreSQL here and none could be installed: name one by TEST_DATABASE_URL=postgres://…")
    home = Path(tempfile.mkdtemp(prefix="teplo-postgres-"))
    server, url = start(binaries, home, free_port(), is_durable=is_durable)
    try:
        return subprocess.run(
            command, env={**os.environ, "TEST_DATABASE_URL": url, "TEPLO_POSTGRES_BIN": str(binaries)}
        ).returncode
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Processes killed at random moments under load: every acknowledged event is counted exactly once (issue §10).

Seeds are printed; FAULT_SEED repeats a run, FAULT_KILLS changes how often processes are killed in each test.
"""

from __future__ import annotations

import os
import random
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation, Load, free_port, kill, make_installation, wait_for

sys.path.append(str(Path(__file__).parents[2] / "scripts"))
import postgres  # noqa: E402 - our own starter of private servers

from teplo.kit.testing import PATIENCE

pytestmark = [pytest.mark.acceptance, pytest.mark.faults]
KILLS = int(os.environ.get("FAULT_KILLS", "50"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or secrets.randbelow(10**6)


@pytest.fixture
def chance() -> random.Random:
    print(f"FAULT_SEED={SEED}")
    return random.Random(SEED)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Installation]:
    with make_installation(tmp_path) as installation:
        yield installation


def torment(place: Installation, load: Load, kinds: list[str], chance: random.Random, *, kills: int) -> None:
    """Kill one of the processes after another at random moments, always starting a new one at once."""
    processes = [(kind, place.start(kind)) for kind in kinds]
    try:
        place.wait_until_listening()
        with load.running():
            for _ in range(kills):
                time.sleep(chance.uniform(0.02, 0.5))
                index = chance.randrange(len(processes))
                kind, process = processes[index]
                kill(process)
                processes[index] = (kind, place.start(kind))
            place.wait_until_listening()
            time.sleep(0.3)
        place.wait_until_empty()
    finally:
        for _, process in processes:
            kill(process)
    time.sleep(0.2)
    assert len(load.acknowledged) > kills
    place.check_counted_once(load)


def test_killing_everything_at_once_loses_and_doubles_nothing(place: Installation, chance: random.Random) -> None:
    load = Load(place.port, chance.randrange(10**6))
    torment(place, load, ["up"], chance, kills=KILLS)
    assert load.broken > 0


def test_killing_workers_and_collectors_apart_loses_and_doubles_nothing(
    place: Installation, chance: random.Random
) -> None:
    load = Load(place.port, chance.randrange(10**6))
    torment(place, load, ["collect", "work", "work"], chance, kills=KILLS)


def test_a_full_disk_is_said_and_survived(place: Installation, chance: random.Random) -> None:
    """No byte can be written beyond the first pages of a file, as on a full disk; then there is room again."""
    if place.url:
        pytest.skip("the disk of a database server is not ours to fill")
    process = place.start("up")
    load = Load(place.port, chance.randrange(10**6))
    try:
        place.wait_until_listening()
        with load.running():
            for _ in range(3):
                time.sleep(0.6)
                _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
                resource.prlimit(process, resource.RLIMIT_FSIZE, (4096, hard))
                refused = load.statuses.get(503, 0)
                wait_for(lambda before=refused: load.statuses.get(503, 0) > before, 40, "no 503 on a full disk", place)
                resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))
                taken = load.statuses.get(202, 0)
                wait_for(lambda before=taken: load.statuses.get(202, 0) > before, 40, "no recovery", place)
        place.wait_until_empty()
    finally:
        kill(process)
    time.sleep(0.2)
    place.check_counted_once(load)
    assert "inbox_not_written" in place.log.read_text()


def test_a_disk_really_full_is_survived_too(tmp_path: Path, chance: random.Random) -> None:
    """A file system of a few megabytes, filled to the brim by somebody else."""
    if os.environ.get("TEST_DATABASE_URL"):
        pytest.skip("the disk of a database server is not ours to fill")
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or os.system(f"mount -t tmpfs -o size=64m tmpfs {disk} 2>/dev/null") != 0:  # noqa: S605
        pytest.skip("only root may mount a small file system")
    place = None
    try:
        place = Installation(disk / "home", port=free_port())
        process = place.start("up")
        place.wait_until_listening()
        load = Load(place.port, chance.randrange(10**6))
        with load.running():
            time.sleep(0.5)
            _fill(disk / "ballast")
            wait_for(lambda: load.statuses.get(503, 0) > 0, 40, "no 503 on a full disk", place)
            (disk / "ballast").unlink()
            taken = load.statuses.get(202, 0)
            wait_for(lambda: load.statuses.get(202, 0) > taken, 40, "no recovery", place)
        place.wait_until_empty()
        kill(process)
        time.sleep(0.2)
        place.check_counted_once(load)
    finally:
        if place is not None:
            place.stop()
        time.sleep(0.3)
        os.system(f"umount -l {disk}")  # noqa: S605


def _fill(path: Path) -> None:
    """Write until nothing fits any more."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def test_a_database_gone_and_back_is_said_and_survived(tmp_path: Path, chance: random.Random) -> None:
    if not os.environ.get("TEST_DATABASE_URL"):
        pytest.skip("SQLite has no server that could go")
    binaries = postgres.find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL binaries on this machine to start a server of our own")
    home = Path("/tmp") / f"teplo-faults-{secrets.token_hex(4)}"  # noqa: S108 - readable by the server's account
    home.mkdir()
    port = free_port()
    server, url = postgres.start(binaries, home, port, is_durable=True)
    place = None
    try:
        place = Installation(tmp_path / "home", database_url=url, port=free_port())
        process = place.start("up")
        place.wait_until_listening()
        load = Load(place.port, chance.randrange(10**6))
        with load.running():
            for _ in range(3):
                time.sleep(chance.uniform(0.3, 1))
                server.send_signal(signal.SIGQUIT)  # at once, as in a crash
                server.wait(PATIENCE)
                refused = load.statuses.get(503, 0)
                wait_for(
                    lambda before=refused: load.statuses.get(503, 0) > before, 40, "no 503 without a database", place
                )
                server = _restart(binaries, home, port)
                taken = load.statuses.get(202, 0)
                wait_for(lambda before=taken: load.statuses.get(202, 0) > before, 40, "no recovery", place)
        place.wait_until_empty()
        kill(process)
        time.sleep(0.2)
        place.check_counted_once(load)
    finally:
        if place is not None:
            place.stop()
        server.kill()
        server.wait()
        shutil.rmtree(home, ignore_errors=True)


def _restart(binaries: Path, home: Path, port: int) -> subprocess.Popen[bytes]:
    user = postgres.user_for_server()
    (home / "data" / "postmaster.pid").unlink(missing_ok=True)
    return subprocess.Popen(
        [binaries / "postgres", "-D", home / "data", "-p", str(port), "-k", home, "-c", "listen_addresses=127.0.0.1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home, **({"user": user} if user else {}),
    )  # fmt: skip

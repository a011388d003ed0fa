"""An import killed with -9 again and again takes every row once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.acceptance.installation import Installation

pytestmark = [pytest.mark.acceptance, pytest.mark.faults]

ROWS = 30_000
BROKEN_EVERY = 40


def write_people(path: Path) -> None:
    with path.open("w", encoding="cp1251") as file:
        file.write("ФИО;Почта;Телефон;Город;Бюджет\n")
        for n in range(1, ROWS + 1):
            contact = "нет такой" if n % BROKEN_EVERY == 0 else f"p{n}@example.com"
            file.write(f"Иванова Ольга;{contact};;Киев;{n}\n")


@pytest.mark.parametrize("seed", [1, 2])
def test_an_import_killed_at_random_moments_takes_every_row_once(tmp_path: Path, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    installation = Installation(tmp_path / "home", port=0)
    try:
        file = tmp_path / "people.csv"
        write_people(file)
        kills = _import_with_kills(installation, file, chance)
        assert kills >= 1, "the import was too fast to be killed"
        _check(installation)
    finally:
        installation.stop()


def _import_with_kills(installation: Installation, file: Path, chance: random.Random) -> int:
    command = [sys.executable, "-m", "teplo.cli", "import", str(file), "--json"]
    kills = 0
    for attempt in range(60):
        resume = (
            ["--resume"]
            if attempt and installation.one("SELECT COUNT(*) FROM people_importrun WHERE state <> 'draft'")
            else []
        )
        process = subprocess.Popen([*command, *resume], env=installation.environment, stdout=subprocess.PIPE)
        try:
            out, _ = process.communicate(timeout=chance.uniform(1.2, 2.5) if attempt < 12 else 300)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            # Nobody waits two minutes for the dead one's lease in a test.
            installation.execute("UPDATE jobs_job SET lease_until = '2020-01-01 00:00:00' WHERE state = 'running'")
            time.sleep(chance.uniform(0, 0.2))
            continue
        assert json.loads(out)["state"] == "done", out
        return kills
    raise AssertionError("the import never came to its end")


def _check(installation: Installation) -> None:
    refused = ROWS // BROKEN_EVERY
    done, created, refusals = installation.execute(
        "SELECT rows_done, created, refused FROM people_importrun WHERE state = 'done'"
    )[0]
    assert (done, created, refusals) == (ROWS, ROWS - refused, refused)
    assert installation.one("SELECT COUNT(*) FROM people_person") == ROWS - refused
    assert installation.one("SELECT COUNT(*) FROM people_identity") == ROWS - refused
    assert installation.one("SELECT COUNT(*) FROM people_changenote") == ROWS - refused
    assert installation.one("SELECT COUNT(*) FROM people_importrefusal") == refused
    assert installation.one("SELECT COUNT(DISTINCT row_number) FROM people_importrefusal") == refused
    half_written = "SELECT COUNT(*) FROM people_person WHERE city <> 'Киев' OR first_name <> 'Ольга'"
    assert installation.one(half_written) == 0

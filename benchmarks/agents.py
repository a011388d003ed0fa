"""How well machines are told from people by their user agents, on lists of others.

One half of each list (A, by a digest of the agent) was looked at while the rules were made, for the kinds of agents in
it; the other half (B) only measured. What holds for agents never seen is what the half B says.

`python -m benchmarks.agents [FOLDER OF ISBOT]` fetches them from package registries into a folder of its own and
forgets them: Matomo's device-detector as the sources of its Python port ship it (machines and people), npm
`user-agents` (people). The list of `isbot` stands only in its repository: name a clone to measure on it too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from teplo.tracking import agents

RECALL, WRONG, MILLISECONDS = 0.95, 0.003, 0.2


def main() -> int:
    """Print the figures; exit code 1 when a goal is missed."""
    machines, people = _lists()
    failed = False
    for name, found in machines.items():
        known = sum(map(agents.is_machine, found)) / len(found)
        failed |= known < RECALL
        unseen = [agent for agent in found if is_unseen(agent)]
        of_unseen = sum(map(agents.is_machine, unseen)) / max(1, len(unseen))
        print(f"machines known: {known:.2%} of {len(found)} ({name}; goal {RECALL:.0%}); half B: {of_unseen:.2%}")
    for name, found in people.items():
        wrong = sum(map(agents.is_machine, found)) / len(found)
        failed |= wrong > WRONG
        unseen = [agent for agent in found if is_unseen(agent)]
        of_unseen = sum(map(agents.is_machine, unseen)) / max(1, len(unseen))
        print(
            f"people taken for machines: {wrong:.3%} of {len(found)} ({name}; goal {WRONG:.1%}); "
            f"half B: {of_unseen:.3%}"
        )
    everybody = sorted(set().union(*machines.values(), *people.values()))
    new = [f"{agent} x{number}" for number, agent in enumerate(everybody[:: max(1, len(everybody) // 5000)])]
    milliseconds = milliseconds_of_new(new or [f"Mozilla/5.0 (X11; Linux x86_64) x{n}" for n in range(5000)])
    failed |= milliseconds > MILLISECONDS
    print(f"a new agent: {milliseconds:.4f} ms (goal {MILLISECONDS} ms)")
    return int(failed)


def is_unseen(agent: str) -> bool:
    """Whether it is of the half that nobody looked at."""
    return sha256(agent.encode("utf-8", "replace")).digest()[0] % 2 == 1


def _lists() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """(machines, people) by the name of the list; those that cannot be had are left out, and that is said."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        detector = _fetched(folder, "device_detector", _PIP)
        files = dict(_files(detector, r"fixtures/upstream/[\w-]+\.yml$"))
        users = dict(_files(_fetched(folder, "user-agents", _NPM), r"user-agents\.json$"))
    machines = {"device-detector": _agents(files, of_bots=True)}
    people = {"device-detector": _agents(files, of_bots=False), "user-agents": set(_of_user_agents(users.values()))}
    for clone in map(Path, sys.argv[1:]):
        crawlers = (clone / "fixtures" / "crawlers.yml").read_text().splitlines()
        found = (re.match(r"\s*-\s+(.*)", line) for line in crawlers)
        machines["isbot"] = {_unquoted(one[1]) for one in found if one}
    return {k: v for k, v in machines.items() if v}, {k: v for k, v in people.items() if v}


def milliseconds_of_new(new: list[str]) -> float:
    """Of an agent never seen before; patterns are made beforehand."""
    agents.is_machine("Mozilla/5.0 (warming)")
    agents.is_machine.cache_clear()
    started = time.perf_counter()
    for agent in new:
        agents.is_machine(agent)
    return (time.perf_counter() - started) * 1000 / len(new)


_PIP = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
_NPM = ["npm", "pack", "--silent"]


def _fetched(folder: Path, package: str, command: list[str]) -> tarfile.TarFile | None:
    done = subprocess.run([*command, package], cwd=folder, capture_output=True, text=True, check=False)
    found = sorted(path for path in folder.glob(f"{package}-*") if path.suffix in (".tgz", ".gz"))
    if done.returncode or not found:
        print(f"{package} could not be fetched: not measured", file=sys.stderr)
        return None
    return tarfile.open(found[-1])


def _files(archive: tarfile.TarFile | None, pattern: str) -> Iterator[tuple[str, bytes]]:
    for member in archive or ():
        if archive is not None and member.isfile() and re.search(pattern, member.name):
            file = archive.extractfile(member)
            if file is not None:
                yield Path(member.name).name, file.read()


def _agents(files: Mapping[str, bytes], *, of_bots: bool) -> set[str]:
    """Agents of device-detector's fixtures; people are who comes with a browser."""
    found: set[str] = set()
    for name, content in files.items():
        if (name == "bots.yml") != of_bots:
            continue
        for entry in re.split(r"(?m)^-\s*$", content.decode("utf-8", "replace")):
            agent = re.search(r"(?m)^\s*user_agent: (.*)$", entry)
            kind = re.search(r"client:\s*\n\s+type: (.*)", entry)
            if agent and (of_bots or (kind and kind[1].strip() == "browser")):
                found.add(_unquoted(agent[1]))
    return found - {""}


def _of_user_agents(files: Iterable[bytes]) -> Iterator[str]:
    for content in files:
        yield from (row["userAgent"] for row in json.loads(content) if row.get("userAgent"))


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1].replace("''", "'") if text[:1] in "'\"" and text[-1:] == text[:1] else text


if __name__ == "__main__":
    raise SystemExit(main())

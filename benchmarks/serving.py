"""Processes of Teplo and clients against them, for the benchmarks that need real sockets."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.world import World

CONNECTIONS = 32

_LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local n = 0
local thread_number = 0
function setup(thread) thread:set("number", thread_number); thread_number = thread_number + 1 end
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, string.format(BODY, number, n, n % 5000, n % 40))
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\nRESULT {"requests": %d, "seconds": %f, "bad": %d, "p95_ms": %f}\\n', summary.requests,
    summary.duration / 1e6, e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(95) / 1000))
end
"""
_HELLO = """
async def app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""


@contextmanager
def process(
    command: list[str], port: int, *, env: dict[str, str], path: str = "/healthz"
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers on `port`, ended afterwards."""
    running = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_ready(f"http://127.0.0.1:{port}{path}", running)
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()


def wait_ready(url: str, running: subprocess.Popen[bytes], *, seconds: float = 30) -> None:
    """Return as soon as `url` answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if running.poll() is not None:
            raise RuntimeError(f"the server ended with {running.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer in {seconds} s")


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def teplo(world: World, *words: str) -> list[str]:
    """The command line of `teplo …` with this Python."""
    return [str(Path(sys.executable).parent / "teplo"), *words]


def load(url: str, *, body: str, seconds: float) -> dict[str, float]:
    """Post `body` (%d: thread, number, visitor, page) over 32 connections with wrk.

    Answers requests, seconds, bad (refused or broken) and p95_ms.
    """
    wrk = shutil.which("wrk") or install_wrk()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA.replace("BODY", json.dumps(body)))
        script.flush()
        command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--latency", "-s", script.name, url]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\{.*\})", out)
    if not found:
        raise RuntimeError(out)
    return dict(json.loads(found.group(1)))


def install_wrk() -> str:
    """wrk from Debian's packages when we are root; a client in Python would be the limit itself."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], stdout=subprocess.DEVNULL, check=False)
    if found := shutil.which("wrk"):
        return found
    raise RuntimeError("wrk is needed to measure the collector: apt install wrk")


def hello_rate(*, seconds: float, body: str) -> float:
    """Requests a second of the same server that only says ok: the limit."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bench_hello.py").write_text(_HELLO)
        command = [sys.executable, "-m", "uvicorn", "bench_hello:app", "--port", str(port), "--http", "httptools",
                   "--loop", "uvloop", "--no-access-log", "--log-level", "error", "--app-dir", folder]  # fmt: skip
        with process(command, port, env={**os.environ}, path="/"):
            load(f"http://127.0.0.1:{port}/", body=body, seconds=1)
            result = load(f"http://127.0.0.1:{port}/", body=body, seconds=seconds)
    return result["requests"] / result["seconds"]

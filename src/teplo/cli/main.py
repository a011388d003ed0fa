"""The `teplo` command. Each command lives in a module of its own name and is listed here."""

from __future__ import annotations

import os
import signal
import sys
import threading

_is_main = threading.current_thread() is threading.main_thread()
_on_interrupt = signal.getsignal(signal.SIGINT)
if _is_main:  # Ctrl-C while modules are loaded ends the process as it ends any other, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)
for _name in ("stdout", "stderr"):
    if getattr(sys, _name) is None:  # started with a closed stream
        setattr(sys, _name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process

import django  # noqa: E402
import typer  # noqa: E402

from teplo.kit.environment import WrongSetting  # noqa: E402
from teplo.kit.garbage import settle  # noqa: E402
from teplo.kit.logs import set_up_logs  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teplo.config.settings")
try:
    set_up_logs(level=os.environ.get("TEPLO_LOG") or "INFO")
    django.setup()
except WrongSetting as error:  # anything else is a bug and shows its traceback
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None

from teplo.cli import check, collect, demo, importing, migrate, up, users, web, work  # noqa: E402 - models come first
from teplo.cli.ending import Commands  # noqa: E402

app = typer.Typer(
    name="teplo",
    help="Teplo turns strangers into loyal customers.",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(up.up)
app.command("web")(web.web)
app.command("collect")(collect.collect)
app.command("work")(work.work)
app.command("migrate")(migrate.migrate)
app.command("check")(check.check)
app.command("import")(importing.import_file)
app.command("demo")(demo.demo)
app.add_typer(users.app, name="user")
if sys.argv[1:2] not in (["up"], ["web"], ["collect"], ["work"]):  # what serves for long starts without it
    from teplo.cli import score

    app.add_typer(score.app, name="score")
settle()
if _is_main:
    signal.signal(signal.SIGINT, _on_interrupt)

"""`teplo user …`: who may sign in, and one-time links on which they choose a password.

Whoever has this shell has the database too, so it asks for no password: it is the way in for the first administrator
and the way back for the only one who forgot.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated, NoReturn

import typer
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from teplo.accounts import inviting
from teplo.accounts.colleagues import administrator_can_sign_in
from teplo.accounts.models import InvitationLink, Role, User
from teplo.accounts.workspace import get_workspace
from teplo.cli.bringing_up import bring_up
from teplo.cli.ending import REFUSED
from teplo.cli.speaking import out
from teplo.kit.clock import now

app = typer.Typer(help="Users: add one, make a link to sign in, list them.", no_args_is_help=True)

EmailArgument = Annotated[str, typer.Argument(metavar="E-MAIL", help="With which they sign in.")]
UrlOption = Annotated[
    str,
    typer.Option(
        "--url",
        help="Where Teplo is reached; default: TEPLO_URL, the company's address, else http://localhost:8000 "
        "(or the port in PORT).",
    ),
]
ROLES = ", ".join(Role.values)


@app.command("add")
def add(
    email: EmailArgument,
    role: Annotated[str, typer.Option(help=f"One of {ROLES}.")] = Role.ADMINISTRATOR.value,
    url: UrlOption = "",
) -> None:
    """Print a one-time link on which a new user chooses a name and a password."""
    bring_up()
    address = _readable(email)
    if role not in Role.values:
        _refuse(f"--role: {role} is none of {ROLES}.")
    try:
        path = inviting.invite(email=address, role=role)
    except inviting.EmailTaken:
        _refuse(f"There is a user {address} already. For a new password: teplo user link {address}")
    _print_link(address, path, url)


@app.command("link")
def link(email: EmailArgument, url: UrlOption = "") -> None:
    """Print a one-time link on which a user chooses a new password; earlier links stop working."""
    bring_up()
    address = _readable(email)
    user = User.objects.filter(email__iexact=address).first()
    if user is not None and not user.is_active:
        _refuse(f"{user.email} does not work here any more. Let them back first: teplo user back {user.email}")
    if user is not None:
        _print_link(user.email, inviting.make_password_link(user=user), url)
        return
    invited = InvitationLink.objects.filter(email=address, user_id=None, used_at=None).first()
    if invited is None:
        _refuse(f"There is no user {address}. {_known()}")
    _print_link(address, inviting.invite(email=address, role=invited.role), url)


@app.command("back")
def back(email: EmailArgument) -> None:
    """Let a user sign in again who was sent away."""
    bring_up()
    address = _readable(email)
    if not User.objects.filter(email__iexact=address).update(is_active=True):
        _refuse(f"There is no user {address}. {_known()}")
    out.print(f"{address} may sign in again.")


@app.command("list")
def list_users(
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each user.")] = False,
) -> None:
    """Show who works with Teplo, who is invited, and who can sign in."""
    bring_up()
    rows = [(user.email, user.name, user.role, _state(user)) for user in User.objects.order_by("email")]
    waiting = InvitationLink.objects.filter(used_at=None, user_id=None, expires_at__gt=now()).exclude(email="")
    rows += [
        (invited.email, "", invited.role, f"invited, until {invited.expires_at:%Y-%m-%d}")
        for invited in waiting.order_by("email")
    ]
    if as_json:
        for row in rows:
            line = dict(zip(("email", "name", "role", "state"), row, strict=True))
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    for email, name, role, state in rows:
        out.print(f"{email:<36} {role:<14} {state:<20} {name}".rstrip())
    if not rows:
        out.print("There are no users yet.")
    if not administrator_can_sign_in():
        out.print(nobody_can_sign_in())


def nobody_can_sign_in() -> str:
    """What to do while no administrator can come in."""
    return "No administrator can sign in yet. Make one: teplo user add YOUR@E-MAIL"


def public_address(port: int | None = None) -> str:
    """Where Teplo is reached: as the environment or the company says, else on this machine."""
    known = settings.PUBLIC_URL or get_workspace().public_url
    said = os.environ.get("PORT", "")
    here = port or (int(said) if said.isascii() and said.isdigit() else 8000)
    return str(known).rstrip("/") or f"http://localhost:{here}"


def _state(user: User) -> str:
    if not user.is_active:
        return "left"
    return "active" if user.has_usable_password() else "has no password"


def _readable(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        _refuse(f"{email!r} is no e-mail address.")
    return address


def _known() -> str:
    emails = list(User.objects.order_by("email").values_list("email", flat=True)[:10])
    return f"There are: {', '.join(emails)}" if emails else "There are no users yet: teplo user add E-MAIL"


def _print_link(email: str, path: str, url: str) -> None:
    base = url.rstrip("/") or public_address()
    if not base.startswith(("http://", "https://")):
        _refuse(f"--url: an address such as https://teplo.example.com expected, not {url!r}.")
    days = inviting.LIVES.days
    out.print(f"One-time link for {email}, for {days} days. Pass it on, or open it while Teplo runs (teplo up):")
    out.print(base + path)


def _refuse(said: str) -> NoReturn:
    sys.stderr.write(f"{said}\n")
    raise typer.Exit(REFUSED)

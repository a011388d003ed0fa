"""Settings of channels: from whom letters go out, through which server, and where bounces come back (R33)."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, public, requires
from teplo.accounts.workspace import tick_guide
from teplo.channels import bounces
from teplo.channels.email.checking import Diagnosis, look_up_domain, try_server
from teplo.channels.email.mailbox import MailboxAway, Place, read_new
from teplo.channels.email.troubles import say_trouble
from teplo.channels.hooks import HookRefused, hook_secret, take_reports
from teplo.channels.links import public_base
from teplo.channels.models import Channel, Sender
from teplo.channels.senders import PasswordLost, is_configured, remove_sender, save_sender, server_of
from teplo.kit.clock import now
from teplo.kit.secrets import encrypt
from teplo.kit.uses import InUse
from teplo.web import headlines
from teplo.web.answers import page, redirect, saved
from teplo.web.preferring import workspace_of
from teplo.web.used import still_used

_SECURITY = (
    ("starttls", gettext_lazy("STARTTLS, usually port 587")),
    ("tls", gettext_lazy("TLS, usually port 465")),
    ("none", gettext_lazy("None, only inside your own network")),
)
_IMAP_SECURITY = (
    ("tls", gettext_lazy("TLS, usually port 993")),
    ("starttls", gettext_lazy("STARTTLS, usually port 143")),
    ("none", gettext_lazy("None, only inside your own network")),
)
_KEPT = gettext_lazy("Stored. Leave empty to keep it.")


class SenderForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name people see"), max_length=200)
    address = forms.EmailField(label=gettext_lazy("Address people see"), max_length=254)
    reply_to = forms.EmailField(
        label=gettext_lazy("Answers go to"),
        required=False,
        help_text=gettext_lazy("Empty: to the same address."),
    )
    host = forms.CharField(
        label=gettext_lazy("Server"),
        max_length=253,
        required=False,
        help_text=gettext_lazy("For example smtp.example.com. Without a server letters stay in the outbox."),
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
    security = forms.ChoiceField(label=gettext_lazy("Security"), choices=_SECURITY)
    trusts_any_certificate = forms.BooleanField(
        label=gettext_lazy("Trust any certificate"),
        required=False,
        help_text=gettext_lazy("Only for a server of your own with a certificate of your own."),
    )
    username = forms.CharField(label=gettext_lazy("User name"), max_length=254, required=False)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Messages a minute"),
        min_value=1,
        max_value=1_000_000,
        initial=600,
        help_text=gettext_lazy("Over all processes together. Ask your mail service what it allows."),
    )
    connections = forms.IntegerField(label=gettext_lazy("Connections at once"), min_value=1, max_value=50, initial=4)
    is_default = forms.BooleanField(label=gettext_lazy("Use it where no other is chosen"), required=False, initial=True)
    bounce_address = forms.EmailField(
        label=gettext_lazy("Return address"),
        required=False,
        help_text=gettext_lazy("Bounces go there; a mark is added after a plus. Empty: to the sender's own address."),
    )
    imap_host = forms.CharField(
        label=gettext_lazy("Mailbox server (IMAP)"),
        max_length=253,
        required=False,
        help_text=gettext_lazy("Where bounces and answers arrive. Teplo only reads there."),
    )
    imap_port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=993)
    imap_security = forms.ChoiceField(label=gettext_lazy("Security"), choices=_IMAP_SECURITY)
    imap_username = forms.CharField(
        label=gettext_lazy("User name"), max_length=254, required=False, help_text=gettext_lazy("Empty: as above.")
    )
    imap_password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        help_text=gettext_lazy("Empty: as above."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    dkim_selector = forms.CharField(label=gettext_lazy("DKIM selector"), max_length=63, required=False)

    def __init__(self, *args: Any, sender: Sender | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if sender and sender.secret:
            self.fields["password"].help_text = _KEPT
        if sender and sender.settings.get("imap_secret"):
            self.fields["imap_password"].help_text = _KEPT


_COLUMNS = ("name", "address", "reply_to", "per_minute", "is_default")
_SETTINGS = (
    "host", "port", "security", "trusts_any_certificate", "username", "connections", "bounce_address",
    "imap_host", "imap_port", "imap_security", "imap_username", "dkim_selector",
)  # fmt: skip
GROUPS = (
    (gettext_lazy("Who writes"), ("name", "address", "reply_to")),
    (
        gettext_lazy("Outgoing server (SMTP)"),
        ("host", "port", "security", "username", "password", "trusts_any_certificate"),
    ),
    (gettext_lazy("How fast"), ("per_minute", "connections", "is_default")),
    (
        gettext_lazy("What comes back"),
        ("bounce_address", "imap_host", "imap_port", "imap_security", "imap_username", "imap_password"),
    ),
    (gettext_lazy("Trust"), ("dkim_selector",)),
)


@requires(Right.MANAGE)
def sender_list(request: HttpRequest) -> HttpResponse:
    senders = list(Sender.objects.filter(is_active=True).order_by("-is_default", "name"))
    rows = [(sender, is_configured(sender), say_trouble(sender.health)) for sender in senders]
    workspace = workspace_of(request)
    context = {
        "rows": rows,
        "ready": sum(is_ready for _sender, is_ready, _trouble in rows),
        "has_address": bool(workspace.public_url),
        "headline": headlines.of_senders(
            ready=sum(is_ready for _sender, is_ready, _trouble in rows),
            ill=[sender.name for sender, _ready, trouble in rows if trouble],
            has_address=bool(workspace.public_url),
        ),
    }
    return page(request, "senders/list.html", context)


@requires(Right.MANAGE)
def sender_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, Sender(channel=Channel.EMAIL, is_default=not Sender.objects.exists()), is_new=True)


@requires(Right.MANAGE)
def sender_one(request: HttpRequest, sender_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Sender, pk=sender_id, is_active=True), is_new=False)


def _edit(request: HttpRequest, sender: Sender, *, is_new: bool) -> HttpResponse:
    shown = {**{name: getattr(sender, name) for name in _COLUMNS}, **sender.settings}
    if is_new:
        shown = {"is_default": sender.is_default, "name": workspace_of(request).name}
    form = SenderForm(request.POST or None, initial=shown, sender=sender)
    if request.method == "POST" and form.is_valid():
        kept = _save(sender, form.cleaned_data)
        saved(request, _("Saved"))
        return redirect(request, "sender", kept.pk)
    context = {
        "form": form,
        "sender": None if is_new else sender,
        "groups": [(label, [form[name] for name in names]) for label, names in GROUPS],
        "hook_url": "" if is_new else _hook_url(request, sender),
        "hook_secret": "" if is_new else hook_secret(sender.pk),
    }
    return page(request, "senders/edit.html", context, status=422 if form.errors else 200)


def _hook_url(request: HttpRequest, sender: Sender) -> str:
    return public_base(workspace_of(request).public_url) + reverse("mail-hook", args=[sender.pk])


def _save(sender: Sender, data: dict[str, Any]) -> Sender:
    settings = {**sender.settings, **{name: data[name] for name in _SETTINGS}}
    if data["imap_password"]:
        settings["imap_secret"] = encrypt(data["imap_password"])
    values = {**{name: data[name] for name in _COLUMNS}, "settings": settings}
    return save_sender(sender=sender, values=values, password=data["password"] or None)


@requires(Right.MANAGE)
@require_POST
def sender_check(request: HttpRequest, sender_id: int) -> HttpResponse:
    """Try the stored server, mailbox and domain, and say what is wrong."""
    sender = get_object_or_404(Sender, pk=sender_id)
    try:
        diagnosis = try_server(server_of(sender), sender=sender.address)
    except PasswordLost:
        diagnosis = Diagnosis("lost-password")
    if diagnosis.is_well:
        tick_guide(step="email")
    selector = str(sender.settings.get("dkim_selector") or "")
    context = {
        "diagnosis": diagnosis,
        "mailbox": _mailbox_answer(sender),
        "records": look_up_domain(sender.address.rpartition("@")[2], selector=selector),
    }
    return page(request, "senders/_check.html", context)


def _mailbox_answer(sender: Sender) -> tuple[bool, str] | None:
    mailbox = bounces.mailbox_of(sender)
    if mailbox is None:
        return None
    try:
        read_new(mailbox, Place(), now=now(), limit=1)
    except MailboxAway as error:
        return False, str(error)
    return True, ""


@requires(Right.MANAGE)
@require_POST
def sender_remove(request: HttpRequest, sender_id: int) -> HttpResponse:
    try:
        remove_sender(sender_id=sender_id)
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("sender", args=[sender_id]))
    saved(request, _("The sender is removed. What waited for it goes through another one, or waits."))
    return redirect(request, "senders")


@public
@csrf_exempt  # signed with the secret shown beside the address
@require_POST
def mail_hook(request: HttpRequest, sender_id: int) -> HttpResponse:
    """Bounces and complaints as a mail service tells them."""
    try:
        done = take_reports(
            sender_id=sender_id, body=request.body, signature=request.headers.get("X-Teplo-Signature", "")
        )
    except HookRefused as error:
        return JsonResponse({"error": error.code}, status=error.status)
    except json.JSONDecodeError:
        return JsonResponse({"error": "not-json"}, status=400)
    return JsonResponse({"taken": done})


urlpatterns = [
    path("settings/channels/", sender_list, name="senders"),
    path("settings/channels/new/", sender_new, name="sender-new"),
    path("settings/channels/<int:sender_id>/", sender_one, name="sender"),
    path("settings/channels/<int:sender_id>/check/", sender_check, name="sender-check"),
    path("settings/channels/<int:sender_id>/remove/", sender_remove, name="sender-remove"),
    path("hooks/mail/<int:sender_id>", mail_hook, name="mail-hook"),
]

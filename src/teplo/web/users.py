"""Colleagues: who works here, with which role; inviting and leaving."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts import inviting
from teplo.accounts.access import Right, requires
from teplo.accounts.colleagues import LastAdministrator, change_role, let_back, send_away
from teplo.accounts.models import InvitationLink, Role, User
from teplo.kit.clock import now
from teplo.web.answers import page, redirect, refused, saved

ROLES = {
    Role.ADMINISTRATOR: (_("Administrator"), _("Everything, and the settings.")),
    Role.MARKETER: (_("Marketer"), _("People, journeys, templates, scoring, import and export.")),
    Role.SALESPERSON: (_("Salesperson"), _("Sees everybody; works with people of his own, tasks and deals.")),
    Role.ANALYST: (_("Analyst"), _("Sees everything and exports; changes nothing.")),
}


def role_choices() -> list[tuple[str, Any]]:
    return [(role.value, name) for role, (name, _does) in ROLES.items()]


def role_name(role: str) -> str:
    return str(ROLES[Role(role)][0])


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autofocus": True}))
    role = forms.ChoiceField(label=_("Role"), choices=role_choices, initial=Role.SALESPERSON)


@requires(Right.MANAGE)
def user_list(request: HttpRequest) -> HttpResponse:
    users = list(User.objects.order_by("-is_active", "name"))
    links = InvitationLink.objects.filter(used_at=None, user_id=None, expires_at__gt=now()).exclude(email="")
    context = {
        "users": [(user, role_name(user.role)) for user in users],
        "invitations": [(link, role_name(link.role)) for link in links.order_by("-created_at")],
        "active": sum(1 for user in users if user.is_active),
        "roles": role_choices(),
    }
    return page(request, "users/list.html", context)


@requires(Right.MANAGE)
def invite(request: HttpRequest) -> HttpResponse:
    """A link for a colleague: shown to the administrator, who passes it on in whatever way he trusts."""
    form = InviteForm(request.POST or None)
    link = ""
    if request.method == "POST" and form.is_valid():
        try:
            link = request.build_absolute_uri(inviting.invite(**form.cleaned_data))
        except inviting.EmailTaken as refusal:
            form.add_error("email", str(refusal))
    context = {
        "form": form,
        "link": link,
        "roles": ROLES.values(),
        "email": form.cleaned_data.get("email") if link else "",
    }
    return page(
        request, "users/invite.html", context, fragment="users/_invite.html", status=422 if form.errors else 200
    )


@requires(Right.MANAGE)
@require_POST
def user_role(request: HttpRequest, user_id: int) -> HttpResponse:
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise Http404
    try:
        change_role(user_id=user_id, role=role)
        saved(request, _gettext("Saved"))
    except LastAdministrator as refusal:
        refused(request, str(refusal))
    return redirect(request, "users")


@requires(Right.MANAGE)
@require_POST
def user_activity(request: HttpRequest, user_id: int) -> HttpResponse:
    """Send a colleague away or let him back."""
    try:
        if request.POST.get("is_active") == "1":
            let_back(user_id=user_id)
        else:
            send_away(user_id=user_id)
        saved(request, _gettext("Saved"))
    except LastAdministrator as refusal:
        refused(request, str(refusal))
    return redirect(request, "users")


@requires(Right.MANAGE)
@require_POST
def password_link(request: HttpRequest, user_id: int) -> HttpResponse:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise Http404
    link = request.build_absolute_uri(inviting.make_password_link(user=user))
    return page(request, "users/invite.html", {"link": link, "user_name": user.name}, fragment="users/_invite.html")


@requires(Right.MANAGE)
@require_POST
def withdraw(request: HttpRequest, link_id: int) -> HttpResponse:
    InvitationLink.objects.filter(Q(pk=link_id), used_at=None).delete()
    saved(request, _gettext("The invitation no longer works."))
    return redirect(request, "users")


urlpatterns = [
    path("settings/users/", user_list, name="users"),
    path("settings/users/invite/", invite, name="user-invite"),
    path("settings/users/<int:user_id>/role/", user_role, name="user-role"),
    path("settings/users/<int:user_id>/activity/", user_activity, name="user-activity"),
    path("settings/users/<int:user_id>/password-link/", password_link, name="user-password-link"),
    path("settings/invitations/<int:link_id>/withdraw/", withdraw, name="invitation-withdraw"),
]

"""Sites whose pages may send events: their keys, where they may be used, and the script to put there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.workspace import get_workspace
from teplo.tracking.models import Site
from teplo.tracking.sites import OriginUnreadable, change_site, create_site, read_origins, renew_key, renew_secret
from teplo.web import headlines
from teplo.web.answers import page, redirect, saved


class SiteForm(forms.Form):
    name = forms.CharField(label=_("What it is called"), max_length=200)
    origins = forms.CharField(
        label=_("Its addresses"),
        required=False,
        help_text=_("One per line, such as https://example.com. Left empty, pages of any address may use the key."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_active = forms.BooleanField(label=_("It may send"), required=False, initial=True)

    def clean_origins(self) -> list[str]:
        try:
            return read_origins(self.cleaned_data["origins"].split())
        except OriginUnreadable as error:
            raise forms.ValidationError(str(error)) from None


@requires(Right.MANAGE)
def site_list(request: HttpRequest) -> HttpResponse:
    sites = list(Site.objects.order_by("-is_active", "name"))
    active = sum(1 for site in sites if site.is_active)
    return page(request, "sites/list.html", {"sites": sites, "active": active, "headline": headlines.of_sites(sites)})


@requires(Right.MANAGE)
def site_new(request: HttpRequest) -> HttpResponse:
    form = SiteForm(request.POST or None)
    del form.fields["is_active"]
    if request.method == "POST" and form.is_valid():
        site = create_site(name=form.cleaned_data["name"], origins=form.cleaned_data["origins"])
        saved(request, gettext("The key is made. Now put it on the pages."))
        return redirect(request, "site", site.pk)
    status = 422 if form.errors else 200
    return page(request, "sites/new.html", {"form": form}, fragment="sites/_new.html", status=status)


@requires(Right.MANAGE)
def site_one(request: HttpRequest, site_id: int) -> HttpResponse:
    site = get_object_or_404(Site, pk=site_id)
    initial = {"name": site.name, "origins": "\n".join(site.origins), "is_active": site.is_active}
    form = SiteForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_site(site=site, **form.cleaned_data)
        saved(request, gettext("Saved."))
        return redirect(request, "site", site.pk)
    status = 422 if form.errors else 200
    return page(request, "sites/site.html", {"site": site, "form": form, **_examples(request, site)}, status=status)


@requires(Right.MANAGE)
@require_POST
def site_renew(request: HttpRequest, site_id: int) -> HttpResponse:
    renew_key(site=get_object_or_404(Site, pk=site_id))
    saved(request, gettext("The key is new. Pages with the old one are no longer heard."))
    return redirect(request, "site", site_id)


@requires(Right.MANAGE)
@require_POST
def site_secret(request: HttpRequest, site_id: int) -> HttpResponse:
    """A new secret for the site's own server, shown this once."""
    site = get_object_or_404(Site, pk=site_id)
    secret = renew_secret(site=site)
    form = SiteForm(initial={"name": site.name, "origins": "\n".join(site.origins), "is_active": site.is_active})
    response = page(
        request, "sites/site.html", {"site": site, "form": form, "secret": secret, **_examples(request, site)}
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _examples(request: HttpRequest, site: Site) -> dict[str, Any]:
    """What to put on a page, and the same by hand to try it."""
    address = (get_workspace().public_url or request.build_absolute_uri("/")).rstrip("/")
    event = f'{{"key": "{site.key}", "name": "page-viewed", "visitor": "test", "url": "https://example.com/prices"}}'
    beacon = (
        "<script>\n"
        "(function () {\n"
        "  function made() {  // randomUUID is only there on https\n"
        "    var bytes = crypto.getRandomValues(new Uint8Array(16));\n"
        "    return Array.from(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join('');\n"
        "  }\n"
        "  var id = localStorage.teplo || (localStorage.teplo = made());\n"
        "  navigator.sendBeacon(\n"
        f'    "{address}/collect",\n'
        "    JSON.stringify({\n"
        f'      key: "{site.key}", id: made(), name: "page-viewed",\n'
        "      visitor: id, url: location.href, referrer: document.referrer\n"
        "    })\n"
        "  );\n"
        "})();\n"
        "</script>"
    )
    return {"beacon": beacon, "curl": f"curl {address}/collect -H 'Content-Type: application/json' -d '{event}'"}


urlpatterns = [
    path("settings/sites/", site_list, name="sites"),
    path("settings/sites/new/", site_new, name="site-new"),
    path("settings/sites/<int:site_id>/", site_one, name="site"),
    path("settings/sites/<int:site_id>/renew/", site_renew, name="site-renew"),
    path("settings/sites/<int:site_id>/secret/", site_secret, name="site-secret"),
]

"""Companies: the list, the card with its people, changing them by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teplo.accounts.access import Right, requires
from teplo.insights.company_figures import CompanyFigures, read_figures
from teplo.insights.people_list import list_of_company
from teplo.kit.wording import in_language
from teplo.people.attributes import AttributeUnreadable, definitions, read_value
from teplo.people.companies import change_company, create_company, find_companies
from teplo.people.models import Company, Person
from teplo.people.places import country_name, read_country
from teplo.sales.models import Deal
from teplo.web.answers import page, redirect, saved
from teplo.web.formatting import as_money
from teplo.web.owned import acts_on_company
from teplo.web.person import shown_value

PAGE = 50
DEAL_STATES = {"open": gettext_lazy("open"), "won": gettext_lazy("won"), "lost": gettext_lazy("lost")}
TOUCHES = {"letter": gettext_lazy("a letter"), "call": gettext_lazy("a call"), "task": gettext_lazy("a task done")}


@requires(Right.SEE)
def company_list(request: HttpRequest) -> HttpResponse:
    search, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    companies = find_companies(search=search, after=after, limit=PAGE + 1)
    shown = companies[:PAGE]
    people = dict(
        Person.objects.filter(company__in=shown, erased_at=None).values_list("company").annotate(n=Count("id"))
    )
    total = Company.objects.order_by().values("id")[:10_001].count()
    more = len(companies) > PAGE
    context = {
        "rows": [(company, people.get(company.pk, 0)) for company in shown],
        "search": search,
        "total": total,
        "further_url": _address(q=search, after=f"{shown[-1].name_key}|{shown[-1].pk}") if more else "",
        "back_url": _address(q=search) if after else "",
    }
    return page(request, "companies/list.html", context, fragment="companies/_rows.html")


def _address(**values: str) -> str:
    return f"{reverse('companies')}?{urlencode({key: value for key, value in values.items() if value})}"


class CompanyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=300)
    domain = forms.CharField(label=gettext_lazy("Site"), max_length=253, required=False)
    industry = forms.CharField(label=gettext_lazy("Industry"), max_length=120, required=False)
    size = forms.IntegerField(label=gettext_lazy("Employees"), required=False, min_value=0, max_value=10_000_000)
    city = forms.CharField(label=gettext_lazy("City"), max_length=120, required=False)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definitions = definitions(of_company=True)
        for key, definition in self.definitions.items():
            self.fields[f"attr_{key}"] = forms.CharField(
                label=in_language(definition.names) or key, required=False, max_length=2000
            )

    def clean_domain(self) -> str:
        text = str(self.cleaned_data["domain"]).lower().strip()
        return text.removeprefix("https://").removeprefix("http://").removeprefix("www.").split("/")[0]

    def clean_country(self) -> str:
        text = str(self.cleaned_data["country"]).strip()
        code = read_country(text)
        if text and not code:
            raise forms.ValidationError(_("“%(text)s” is not a country that is known here.") % {"text": text})
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.attributes: dict[str, Any] = {}
        for key, definition in self.definitions.items():
            try:
                value = read_value(definition, cleaned.get(f"attr_{key}"))
            except AttributeUnreadable as error:
                self.add_error(f"attr_{key}", str(error))
                continue
            if value is not None:
                self.attributes[key] = value
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """Columns and attributes as they are written."""
        columns = {key: value for key, value in self.cleaned_data.items() if not key.startswith("attr_")}
        return {**columns, "attributes": self.attributes}


@requires(Right.EDIT_PEOPLE)
def company_new(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return redirect(request, "company", create_company(**form.values).pk)
    context = {"form": form, "company": None}
    return page(
        request, "companies/edit.html", context, fragment="companies/_edit.html", status=422 if form.errors else 200
    )


@requires(Right.SEE)
def company_card(request: HttpRequest, company_id: int) -> HttpResponse:
    company = _company(company_id)
    found = list_of_company(company_id=company_id)
    figures = read_figures(company_id=company_id)
    context = {
        "figures": figures,
        "deals": [_deal_shown(deal) for deal in figures.deals],
        "sums": _sums_shown(figures),
        "our_last": TOUCHES[figures.ours.kind] if figures.ours else "",
        "company": company,
        "country": country_name(company.country),
        "rows": found.rows,
        "people": Person.objects.filter(company=company, erased_at=None).count(),
        "facts": [
            (in_language(definition.names) or key, shown_value(definition, company.attributes.get(key)))
            for key, definition in definitions(of_company=True).items()
        ],
        "all_url": f"{reverse('people')}?{urlencode({'company': company.name})}" if found.further else "",
    }
    return page(request, "companies/card.html", context)


def _deal_shown(deal: Deal) -> tuple[Deal, Any, str]:
    """The deal, its state and its amount in words."""
    amount = as_money(deal.amount, deal.currency) if deal.amount is not None else ""
    return deal, DEAL_STATES[deal.state], amount


def _sums_shown(figures: CompanyFigures) -> list[tuple[str, str]]:
    """What the open and the won deals come to, each currency apart."""
    shown = []
    for name, rows in ((_("Open deals"), figures.open_sums), (_("Won deals"), figures.won_sums)):
        if rows:
            shown.append((name, ", ".join(as_money(total, currency) for currency, total, _n in rows)))
    return shown


@requires(Right.EDIT_PEOPLE)
@acts_on_company
def company_edit(request: HttpRequest, company_id: int) -> HttpResponse:
    company = _company(company_id)
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=_initial(company))
    if request.method == "POST" and form.is_valid():
        held = {**company.attributes, **form.attributes}
        kept = {key: value for key, value in held.items() if key not in form.definitions or key in form.attributes}
        change_company(company_id=company_id, fields={**form.values, "attributes": kept})
        saved(request, _("Saved"))
        return redirect(request, "company", company_id)
    context = {"form": form, "company": company}
    return page(
        request, "companies/edit.html", context, fragment="companies/_edit.html", status=422 if form.errors else 200
    )


def _initial(company: Company) -> dict[str, Any]:
    columns = {name: getattr(company, name) for name in ("name", "domain", "industry", "size", "city")}
    own = {
        f"attr_{key}": shown_value(definition, company.attributes.get(key))
        for key, definition in definitions(of_company=True).items()
    }
    return {**columns, "country": country_name(company.country), **own}


def _company(company_id: int) -> Company:
    company = Company.objects.filter(Q(pk=company_id)).first()
    if company is None:
        raise Http404
    return company


urlpatterns = [
    path("companies/", company_list, name="companies"),
    path("companies/new/", company_new, name="company-new"),
    path("companies/<int:company_id>/", company_card, name="company"),
    path("companies/<int:company_id>/edit/", company_edit, name="company-edit"),
]

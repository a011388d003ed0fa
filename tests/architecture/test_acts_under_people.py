"""Every act under a person or a company asks whose they are, by one helper (people/owning.py): screens and API."""

import ast
from pathlib import Path

from django.urls import URLPattern, get_resolver

from teplo.accounts.access import RIGHTS, Right
from teplo.accounts.models import Role

SOURCE = Path(__file__).parents[2] / "src" / "teplo"
UNDER_PEOPLE = {"person_id", "winner_id", "loser_id", "company_id", "pair_id", "merge_id"}
ONE_S_OWN = {
    "interview-drop": "only who wrote the note, or an administrator, can take it away",
    "delivery-look": "what is noted is that one has looked oneself",
}
"""Addresses under a person whose act is not one upon the person."""
SHOWING = {Right.SEE, Right.EXPORT}

API_ACTS = {
    ("outcomes.py", "tell"): "not_yours",
    ("people.py", "change_tags"): "refuse_not_yours",
    ("reviews.py", "propose_criterion"): "refuse_not_yours",
}
"""Operations of the API that speak of a person and change something: what asks whose the person is."""


def addresses(patterns):
    for found in patterns:
        if isinstance(found, URLPattern):
            yield found
        else:
            yield from addresses(found.url_patterns)


def named(found):
    return set(found.pattern.converters) & UNDER_PEOPLE


def test_every_act_under_a_person_asks_whose_the_person_is():
    forgotten = []
    for found in addresses(get_resolver().url_patterns):
        rights = set(getattr(found.callback, "required_rights", ()))
        for_sales = rights & RIGHTS[Role.SALESPERSON] - SHOWING
        if named(found) and for_sales and not hasattr(found.callback, "acts_on") and found.name not in ONE_S_OWN:
            forgotten.append(found.name)
    assert not forgotten, "put @acts_on(…) of web/owned.py below @requires"


def test_a_page_that_shows_a_person_takes_no_act():
    """Whoever may only look is not asked whose the person is; so such a page must not take a POST."""
    taking = []
    for path in sorted((SOURCE / "web").glob("*.py")):
        for function in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)):
            arguments = {argument.arg for argument in function.args.args}
            decorators = " ".join(ast.unparse(decorator) for decorator in function.decorator_list)
            if not arguments & UNDER_PEOPLE or "requires(Right.SEE" not in decorators or "acts_on" in decorators:
                continue
            if "POST" in ast.unparse(function):
                taking.append(f"{path.name}: {function.name}")
    assert taking == []


def test_every_operation_of_the_api_that_changes_something_of_a_person_asks_too():
    asking = {}
    for path in sorted((SOURCE / "api").glob("*.py")):
        text = path.read_text()
        schemas = speaking_of_people(text)
        for function in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)):
            methods = [ast.unparse(decorator.func) for decorator in function.decorator_list if is_operation(decorator)]
            if not methods or methods[0].endswith(".get"):
                continue
            if any(schema in ast.unparse(function.args) for schema in schemas) or "person_id" in ast.unparse(function):
                asking[path.name, function.name] = "refuse_not_yours" if "refuse_not_yours(" in text else "not_yours"
                assert "not_yours(" in text, f"{path.name}: {function.name} must ask whose the person is"
    assert asking == API_ACTS


def is_operation(decorator):
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)


def speaking_of_people(text):
    """Names of what is asked that has a person in it, or a list of such."""
    classes = {node.name: ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)}
    direct = {name for name, body in classes.items() if "Asked" in body.partition(":")[0] and "\n    person:" in body}
    around = {name for name, body in classes.items() if any(f"[{inner}]" in body for inner in direct)}
    return direct | around

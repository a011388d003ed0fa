"""The rules of ARCHITECTURE §2 that cannot be added later, read from the models and the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

import teplo
from teplo.people.models import Person, PersonLeaf

ROOT = Path(teplo.__file__).parent
OURS = [model for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("teplo.")]
LAYERS = [
    ["config", "cli"], ["web"], ["api"], ["demo"], ["insights"], ["pipeline"], ["journeys"],
    ["sales", "channels", "content", "scoring", "stages"], ["tracking"], ["people"],
    ["conditions", "accounts", "jobs"], ["kit"],
]  # fmt: skip
HEIGHT = {name: len(LAYERS) - level for level, names in enumerate(LAYERS) for name in names}
SOURCES = [p for p in ROOT.rglob("*.py") if "migrations" not in p.parts and "tests" not in p.parts]


def is_hot(model: type[models.Model]) -> bool:
    key = model._meta.pk
    names = [f.attname for f in getattr(key, "fields", ())] or [key.attname]
    return names[0] == "person_id"


HOT = [model for model in OURS if is_hot(model)]


def test_the_hot_tables_are_leaves_of_a_person():
    expected = {"Event", "Tally", "Score", "ScoreChange", "StageMove", "Enrolment", "Delivery", "Touch"}
    assert expected <= {model.__name__ for model in HOT}
    assert all(issubclass(m, PersonLeaf) is ("id" in {f.attname for f in m._meta.concrete_fields}) for m in HOT)


@pytest.mark.parametrize("model", HOT, ids=lambda m: m.__name__)
def test_every_unique_constraint_of_a_hot_table_contains_the_person(model):
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            assert {"person", "person_id"} & set(constraint.fields), constraint.name
    assert all("person_id" in group or "person" in group for group in model._meta.unique_together)
    assert [f.name for f in model._meta.concrete_fields if f.unique and not f.primary_key] == []


@pytest.mark.parametrize("model", HOT, ids=lambda m: m.__name__)
def test_foreign_keys_of_a_hot_table_have_no_constraint_in_the_database(model):
    keys = [f for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey)]
    assert [f.name for f in keys if f.db_constraint] == []


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_no_id_comes_from_a_sequence(model):
    assert not isinstance(model._meta.pk, models.AutoField)
    assert [f.name for f in model._meta.local_many_to_many] == [], "many-to-many tables are explicit"


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_foreign_keys_point_down(model):
    here = model._meta.app_label
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            there = field.related_model._meta.app_label
            assert there == here or HEIGHT[there] < HEIGHT[here], f"{model.__name__}.{field.name} → {there}"


def test_keys_to_users_have_no_constraint():
    assert [
        f"{m.__name__}.{f.name}"
        for m in OURS
        for f in m._meta.concrete_fields
        if isinstance(f, models.ForeignKey) and f.related_model._meta.app_label in ("accounts", "auth")
    ] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_source_keeps_the_house_rules(path):
    text = path.read_text()
    tree = ast.parse(text)
    name = str(path.relative_to(ROOT))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = {getattr(b, "attr", getattr(b, "id", "")) for b in node.bases}
            if bases & {"Model", "Row", "PersonLeaf", "AbstractBaseUser"}:
                assert "save" not in {f.name for f in node.body if isinstance(f, ast.FunctionDef)}, (
                    f"{name}: save() override"
                )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "save":
            passed = {k.arg for k in node.keywords}
            form = isinstance(node.func.value, ast.Name) and node.func.value.id in ("form", "workbook", "book")
            assert form or passed & {"update_fields", "force_insert"}, f"{name}:{node.lineno}: bare save()"
    assert "get_model(" not in text, name
    assert "django.db.models.signals" not in text and "django.dispatch" not in text, f"{name}: Django signals"
    if name != "kit/clock.py":
        assert not re.search(r"timezone\.now\(|datetime\.now\(|datetime\.utcnow\(|date\.today\(", text), (
            f"{name}: kit.clock is the only clock"
        )
    assert not re.search(r"CREATE TRIGGER|nextval\(", text), name


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_statements_suit_a_distributed_database(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            sql = node.value
            where = f"{path.relative_to(ROOT)}:{node.lineno}"
            assert not re.search(r"\bUPDATE\b[^;]*\bSET\b[^;]*\b(random|now|clock_timestamp)\s*\(", sql), (
                f"{where}: volatile function in an UPDATE"
            )
            assert not re.search(r"\bCASE\s+(?!WHEN\b)[a-z_\"]+\s+WHEN\b", sql), f"{where}: searched CASE only"
            assert not re.search(r"UPDATE\s+\S+\s+SET\s+person_id\b", sql, re.I), (
                f"{where}: the distribution column is never updated"
            )


def test_forbidden_file_names_are_not_there():
    names = {p.name for p in SOURCES} | {p.name for p in ROOT.rglob("*") if p.is_dir()}
    assert names.isdisjoint({"utils.py", "helpers.py", "services.py", "common", "utils", "helpers", "misc.py"})


def test_person_is_the_only_root_of_hot_tables():
    assert {
        f.related_model for m in HOT for f in m._meta.concrete_fields if f.attname == "person_id" and f.is_relation
    } == {Person}

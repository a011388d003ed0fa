"""A condition that can no longer be read never means everybody: who asks conditions, and what refuses a broken one.

Whoever begins to ask one (a new module below) says here what becomes of a broken condition, and which test shows it.
"""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "teplo"
ASKING = {
    *("people_of", "members_of", "people_with", "read_query", "who_match", "to_q", "stored_to_q", "ask"),
    *("posted_condition", "needed_condition", "read_json", "read_text", "Chosen.from_json", "ListQuery.from_json"),
}
RAISES = "lets ConditionError (or QueryRefused) through"
REFUSES = "tells the user or the sender; nothing is done"
NOBODY = "holds for nobody and is logged"
STANDS = "what was noted before stays, and is logged"
PAUSES = "the journey pauses itself with the reason"
STOPS = "the job ends with the reason"
SAYS = "only said in words or shown in an editor"

CONSUMERS = {
    "api/line_forms.py": REFUSES,
    "api/reviews.py": REFUSES,
    "conditions/compiling.py": RAISES,
    "conditions/sentences.py": SAYS,
    "conditions/text.py": RAISES,
    "insights/people_list.py": RAISES,
    "journeys/asking.py": RAISES,
    "journeys/checking.py": REFUSES,
    "journeys/enrolling.py": RAISES,
    "journeys/steps/branch.py": PAUSES,
    "journeys/waking.py": PAUSES,
    "journeys/walking.py": PAUSES,
    "people/acting.py": STOPS,
    "people/choosing.py": RAISES,
    "people/counting.py": RAISES,
    "people/keeping.py": STOPS,
    "people/segment_queries.py": STANDS,
    "people/segments.py": STANDS,
    "people/vocabulary.py": RAISES,
    "scoring/alike.py": RAISES,
    "scoring/cooling.py": NOBODY,
    "scoring/file_scores.py": REFUSES,
    "scoring/lacking.py": NOBODY,
    "scoring/statement.py": NOBODY,
    "scoring/table_file.py": REFUSES,
    "scoring/tables.py": REFUSES,
    "scoring/warming.py": NOBODY,
    "stages/editing.py": REFUSES,
    "stages/jobs.py": NOBODY,
    "stages/moving.py": NOBODY,
    "tracking/activities.py": REFUSES,
    "tracking/tallying.py": NOBODY,
    "web/activities.py": REFUSES,
    "web/conditions.py": REFUSES,
    "web/criterion_proposals.py": REFUSES,
    "web/journey_editor.py": REFUSES,
    "web/journey_forms.py": REFUSES,
    "web/journey_people.py": REFUSES,
    "web/people.py": REFUSES,
    "web/people_acts.py": REFUSES,
    "web/people_export.py": REFUSES,
    "web/people_query.py": REFUSES,
    "web/profile_finder.py": NOBODY,
    "web/scoring.py": REFUSES,
    "web/segments.py": REFUSES,
    "web/stages.py": REFUSES,
    "web/templatetags/conditions.py": SAYS,
}

EMPTY_AFTER_AN_ERROR: set[tuple[str, str]] = set()
"""Where `{}` stands in a handler of a broken condition."""

LOST_IS_NONE = {
    ("journeys/steps/branch.py", "read"),  # a branch without anything to ask is refused one line below
    ("journeys/checking.py", "_trigger"),  # a trigger without a condition is one
    ("web/journey_editor.py", "journey_trigger"),  # shown in a builder
    ("web/journey_editor.py", "_step_page"),
    ("scoring/reviews.py", "propose"),  # a proposal in words alone has none
}
"""Where a condition that is missing is taken for an empty one (`… or {}`)."""


def modules():
    for path in sorted(SOURCE.rglob("*.py")):
        if "tests" not in path.parts and path.name != "testing.py":
            yield str(path.relative_to(SOURCE)), ast.parse(path.read_text())


def called(node):
    found = node.func
    if isinstance(found, ast.Attribute):
        return f"{getattr(found.value, 'id', '')}.{found.attr}"
    return getattr(found, "id", "")


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def asks(tree):
    own = {function.name for function in functions(tree)}
    calls = {called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("teplo")
        for alias in node.names
    }
    names = calls & ASKING
    return {name for name in names if name in own or name.partition(".")[0] in imported | own}


def test_everybody_who_asks_conditions_says_what_becomes_of_a_broken_one():
    asking = {path for path, tree in modules() if asks(tree)}
    asking -= {"web/review_agenda.py"}  # its people_of is its own: rows of a meeting
    assert asking == set(CONSUMERS)


def is_everybody(node):
    """`{}`, `Q()`, `Chosen()`, `ListQuery()`, EVERYBODY, TRUE."""
    if isinstance(node, ast.Dict):
        return not node.keys
    if isinstance(node, ast.Call):
        return called(node) in {"Q", "Chosen", "ListQuery", "dict"} and not node.args and not node.keywords
    return isinstance(node, ast.Name) and node.id in {"EVERYBODY", "TRUE"}


def catches_a_broken_condition(handler):
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else set()
    return bool(names & {"ConditionError", "QueryRefused", "TextError"})


def test_no_handler_of_a_broken_condition_goes_on_with_everybody():
    found = set()
    for path, tree in modules():
        for function in functions(tree):
            for handler in (node for node in ast.walk(function) if isinstance(node, ast.ExceptHandler)):
                if not catches_a_broken_condition(handler):
                    continue
                inside = [node for statement in handler.body for node in ast.walk(statement)]
                if any(is_everybody(node) for node in inside):
                    found.add((path, function.name))
    assert found == EMPTY_AFTER_AN_ERROR


def speaks_of_a_condition(node):
    text = ast.unparse(node)
    return any(word in text for word in ("condition", "goal", "exits", "sign"))


def test_a_condition_that_is_lost_is_not_taken_for_an_empty_one():
    found = set()
    for path, tree in modules():
        for function in functions(tree):
            for node in ast.walk(function):
                if not isinstance(node, ast.BoolOp) or not isinstance(node.op, ast.Or):
                    continue
                if is_everybody(node.values[-1]) and speaks_of_a_condition(node.values[0]):
                    found.add((path, function.name))
    assert found == LOST_IS_NONE

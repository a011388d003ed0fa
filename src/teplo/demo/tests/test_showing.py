"""The example argues for the product: people buy from causes of which a table sees a part, whoever is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils.translation import override

from teplo.accounts.testing import make_user
from teplo.accounts.workspace import get_workspace
from teplo.demo.living import bring_to_life
from teplo.insights.review_figures import separates
from teplo.insights.reviewing import count_agenda
from teplo.kit.clock import at_moment
from teplo.scoring.agreeing import Agreement, agree, kappa
from teplo.scoring.models import ScoreTable, TableState

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
ENDS = datetime(2026, 6, 1, 18, tzinfo=UTC)
PEOPLE, DAYS = 700, 110
SEEDS = (7, 1, 2)

# What people do does not depend on the engine; test_living shows that the example lives on both.
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="the same people on either engine")


def _live(seed: int) -> tuple[dict[str, Any], Agreement]:
    """What the review of a small company says, and how far hand and table agree in it."""
    bring_to_life(seed=seed, strangers=PEOPLE, days=DAYS, ends_at=ENDS)
    with at_moment(ENDS):
        agenda = count_agenda(since=ENDS - timedelta(days=90), until=ENDS)
        agreed = agree(table=ScoreTable.objects.get(state=TableState.LIVE))
    return agenda, agreed


@on_sqlite
def test_a_small_company_already_argues_for_its_table():
    agenda, agreed = _live(seed=7)
    shares = {heat: won / people for heat, (people, won) in agenda["outcomes"]["by_heat"].items()}
    assert max(shares["cold"], shares["warm"]) < shares["hot"]
    assert 0.65 < separates(agenda["spread"])[0] < 0.92  # of some sixty people
    assert 0.25 < agreed.kappa[0] < 0.8
    assert get_workspace().is_example


@on_sqlite
@pytest.mark.long
def test_on_the_whole_score_and_outcome_and_hand_and_table_agree_as_they_do_in_life():
    """Several companies together, so that chance is small: AUC 0.72–0.85, kappa 0.4–0.7."""
    together: dict[str, list[list[int]]] = {"won": [], "lost": []}
    cells: Counter[tuple[str, str]] = Counter()
    for seed in SEEDS:
        with rolled_back():
            agenda, agreed = _live(seed)
        for state, pairs in together.items():
            pairs += agenda["spread"][state]
        cells += Counter(agreed.cells)
    assert 0.72 <= separates(together)[0] <= 0.85
    assert 0.4 <= kappa(cells)[0] <= 0.7


@contextmanager
def rolled_back() -> Iterator[None]:
    """A world that leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "its people and figures are invented"), ("ru", "люди и цифры вымышлены"), ("uk", "люди й цифри вигадані")],
)
def test_every_page_of_an_example_says_so_and_of_a_company_none(client, language, says):
    company = get_workspace()
    user = make_user(language=language)
    pages = ("/", "/people/", "/scoring/", "/journeys/", "/settings/users/", "/nothing-here/")
    for is_example in (True, False):
        type(company).objects.filter(pk=company.pk).update(is_example=is_example)
        client.logout()
        with override(language):
            answer = client.get("/sign-in/", headers={"accept-language": language})
        assert (says in answer.content.decode()) == is_example
        client.force_login(user)
        for address in pages:
            assert (says in client.get(address).content.decode()) == is_example, address

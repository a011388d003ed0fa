"""An address of several people: each may be written to there, and the no of one holds for the address."""

from __future__ import annotations

from datetime import datetime

import pytest

from teplo.accounts.models import Workspace
from teplo.channels import reasons
from teplo.channels.models import Delivery, DeliveryState
from teplo.channels.sending import send_due
from teplo.channels.testing import MailServer, make_delivery, make_sender
from teplo.content.models import Template
from teplo.people.consent import ConsentWord, record_consents
from teplo.people.models import SharedContact
from teplo.people.testing import make_person

pytestmark = pytest.mark.django_db
BOX = "info@romashka.ru"


@pytest.mark.parametrize("who", ["holder", "sharer"])
@pytest.mark.parametrize(
    ("source", "refuser", "reason"),
    [
        ("import:1", "nobody", ""),
        ("import:1", "holder", reasons.UNSUBSCRIBED),
        ("import:1", "sharer", reasons.UNSUBSCRIBED),
        ("site:1", "nobody", {"holder": "", "sharer": reasons.NO_ADDRESS}),
        ("site:1", "sharer", {"holder": "", "sharer": reasons.NO_ADDRESS}),
    ],
)
def test_the_no_of_one_holds_for_the_address_but_a_page_alone_neither_gives_nor_stops_letters(
    noon: datetime, workspace: Workspace, template: Template, mail: MailServer, who: str, source: str, refuser: str,
    reason: str | dict[str, str],
) -> None:  # fmt: skip
    make_sender(port=mail.port)
    people = {"holder": make_person(email=BOX), "sharer": make_person(first_name="Борис")}
    SharedContact.objects.create(person=people["sharer"], kind="email", value=BOX, source=source)
    if refuser in people:
        record_consents([ConsentWord(people[refuser].pk, "email", state="withdrawn")])
    delivery = make_delivery(person_id=people[who].pk, template_id=template.pk)
    send_due(owner="a")
    expected = reason if isinstance(reason, str) else reason[who]
    found = Delivery.objects.get(id=delivery.id)
    assert (found.state, found.reason) == (DeliveryState.SKIPPED if expected else DeliveryState.SENT, expected)
    assert [letter.recipients for letter in mail.letters] == ([] if expected else [[BOX]])

"""An annotated ticket as a client that is not ours sees it: python-freshdesk."""

from __future__ import annotations

import pytest
from redis import Redis

from adapters.contract import Annotation, Priority
from adapters.freshdesk.helpdesk import FreshdeskHelpdesk
from tests.adapters.freshdesk.platform import AGENT_KEY, FreshdeskPlatform, account_at
from tests.adapters.sandbox.outside import Redirecting
from tests.adapters.sandbox.running import RunningSandbox


def test_tags_note_and_fields_seen_by_python_freshdesk(sandbox: RunningSandbox, redis: Redis) -> None:
    api = pytest.importorskip("freshdesk.v2.api", reason="python-freshdesk is not installed")
    platform = FreshdeskPlatform(sandbox)
    desk = FreshdeskHelpdesk(account_at(platform.url), redis)
    ticket_id = platform.new_ticket("Nobody called me back.")
    annotation = Annotation(
        "d-1",
        add_tags=frozenset({"complaint_no_callback", "sla_callback_same_day"}),
        note_html="<p>Call before 17:00 &amp; say so.</p>",
        fields={"complaint": "no_callback"},
        priority=Priority.HIGH,
        group="Recovery",
    )
    receipt = desk.annotate(desk.fetch(ticket_id), annotation, look_first=False)

    client = api.API("acme.freshdesk.com", AGENT_KEY)
    client._session.trust_env = False
    client._session.mount("https://", Redirecting(sandbox.url))
    ticket = client.tickets.get_ticket(int(ticket_id))
    assert ticket.tags == ["theirs", "complaint_no_callback", "sla_callback_same_day"]
    assert ticket.custom_fields["cf_complaint"] == "No callback"
    assert ticket.priority == "high"
    assert ticket.status == "open"
    assert ticket.group_id == desk._client.form().group_id("Recovery")
    (note,) = client.comments.list_comments(int(ticket_id))
    assert note.private is True
    assert note.incoming is False
    assert str(note.id) == receipt.note_id
    assert note.body_text.split() == ["Call", "before", "17:00", "&", "say", "so.", "ref", "mr-d-1"]

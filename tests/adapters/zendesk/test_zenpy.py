"""An annotated ticket as an outside client sees it: zenpy, which knows nothing of the adapter."""

from __future__ import annotations

import pytest
import requests
from zenpy import Zenpy

from adapters.contract import Annotation, Priority
from adapters.sandbox.server import Server
from adapters.zendesk.helpdesk import ZendeskDesk
from tests.adapters.zendesk.platform import API_TOKEN, SERVICE, ZendeskPlatform


class ToSandbox(requests.adapters.HTTPAdapter):
    """Takes what is meant for acme.zendesk.com to the sandbox, which tells the helpdesk by the host's name."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, **how: object) -> requests.Response:  # type: ignore[override]
        assert request.url
        moved = request.copy()
        moved.url = request.url.replace("https://acme.zendesk.com", self._url)
        moved.headers["Host"] = "acme.zendesk.com"
        answer = super().send(moved, **how)  # type: ignore[arg-type]
        # Zenpy tells by the address what it has been answered.
        answer.url, answer.request = request.url, request
        return answer


@pytest.fixture
def outside(sandbox: Server) -> Zenpy:
    session = requests.Session()
    session.mount("https://acme.zendesk.com", ToSandbox(sandbox.url))
    return Zenpy(subdomain="acme", email=SERVICE, token=API_TOKEN, session=session)


def test_outside_client_sees_tags_field_priority_and_a_private_note(
    desk: ZendeskDesk, platform: ZendeskPlatform, outside: Zenpy
) -> None:
    ticket_id = platform.new_ticket("Nobody called me back")
    annotation = Annotation(
        "d-1",
        add_tags=frozenset({"complaint_no_callback", "sla_callback_same_day"}),
        note_html="<p>Nobody called back. <b>Call before 17:00.</b></p>",
        fields={"complaint": "no_callback"},
        priority=Priority.HIGH,
    )
    desk.annotate(desk.fetch(ticket_id), annotation, look_first=False)

    ticket = outside.tickets(id=int(ticket_id))
    assert set(ticket.tags) == {"theirs", "complaint_no_callback", "sla_callback_same_day", "reason_no_callback"}
    assert ticket.priority == "high"
    values = {field["id"]: field["value"] for field in ticket.custom_fields}
    assert values[int(platform.complaint_field)] == "reason_no_callback"
    first, note = list(outside.tickets.comments(ticket=int(ticket_id)))
    assert first.public and not note.public
    assert "Call before 17:00." in note.html_body
    assert str(note.author.id) == platform.service_id
    audit = list(outside.tickets.audits(ticket=int(ticket_id)))[-1]
    assert audit.to_dict()["metadata"]["custom"]["makeright"]["decision_id"] == "d-1"

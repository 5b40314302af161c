"""Zendesk's own description passes what the adapter sends and objects to what it must not send.

Every test of this folder is under the judge already (conftest.py). Here: that the judge does object, and that the
requests he has seen are all there are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from adapters.contract import Annotation, Priority
from adapters.zendesk.helpdesk import ZendeskDesk
from tests.adapters.gate import Gate
from tests.adapters.zendesk import judge
from tests.adapters.zendesk.platform import ZendeskPlatform

pytestmark = pytest.mark.skipif(
    not judge.DESCRIPTION.exists(), reason="Zendesk's description is not beside the checkout (../shared/specs)"
)

GOOD: dict[str, Any] = {
    "comment": {"html_body": "<p>x</p>", "public": False},
    "tags": ["a", "b"],
    "custom_fields": [{"id": 27642, "value": "reason_no_callback"}],
    "priority": "high",
    "group_id": 4,
    "metadata": {"makeright": {"decision_id": "d"}},
    "safe_update": True,
    "updated_stamp": "2026-11-20T12:00:00Z",
}


def prepared(method: str, path: str, **how: Any) -> requests.PreparedRequest:
    headers = {"Authorization": "Bearer x", "Accept": "application/json"}
    return requests.Request(method, f"http://127.0.0.1/zendesk{path}", headers=headers, **how).prepare()


def put(**changes: Any) -> requests.PreparedRequest:
    return prepared("PUT", "/api/v2/tickets/1", json={"ticket": {**GOOD, **changes}})


def test_good_update_passes() -> None:
    assert judge.objection(put()) is None


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(put(priority="extreme"), id="unknown priority"),
        pytest.param(put(comment={"html_body": "x", "public": "no"}), id="text for a flag"),
        pytest.param(put(safe_update="true"), id="text for safe_update"),
        pytest.param(put(updated_stamp="yesterday"), id="stamp that is no time"),
        pytest.param(put(custom_fields=[{"value": "x"}]), id="field without an id"),
        pytest.param(put(custom_fields=[{"id": 1, "value": None}]), id="null for a field"),
        pytest.param(put(tags=[1]), id="number for a tag"),
        pytest.param(put(macro_ids=["25"]), id="text for a macro id"),
        pytest.param(prepared("PATCH", "/api/v2/tickets/1", json={"ticket": GOOD}), id="wrong method"),
        pytest.param(prepared("PUT", "/api/v2/tickets/1.json", json={"ticket": GOOD}), id="suffix"),
        pytest.param(prepared("GET", "/api/v2/tickets/x"), id="ticket that is no number"),
        pytest.param(prepared("GET", "/api/v2/tickets/1/notes"), id="unknown path"),
        pytest.param(
            prepared("GET", "/api/v2/incremental/tickets/cursor", params={"start_time": "soon"}), id="start that is no time"
        ),
        pytest.param(prepared("GET", "/api/v2/macros", params={"active": "perhaps"}), id="flag that is none"),
        pytest.param(prepared("GET", "/api/v2/macros", params={"page[size]": 0}), id="empty page"),
        pytest.param(
            requests.Request("GET", "http://127.0.0.1/zendesk/api/v2/users/me").prepare(), id="nobody's request"
        ),
    ],
)  # fmt: skip
def test_wrong_requests_are_objected_to(request_: requests.PreparedRequest) -> None:
    assert judge.objection(request_)


def test_wrong_request_of_the_adapter_itself_is_objected_to(
    desk: ZendeskDesk, platform: ZendeskPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in the adapter would be found: its own client sends a bad priority, and the judge sees just that."""
    seen: list[requests.PreparedRequest] = []
    send = requests.Session.send

    def recording(session: requests.Session, sent: requests.PreparedRequest, **how: Any) -> requests.Response:
        seen.append(sent)
        return send(session, sent, **how)

    monkeypatch.setattr(requests.Session, "send", recording)
    with pytest.raises(Exception, match="422"):
        desk._client.update_ticket(platform.new_ticket("Where is it?"), {"priority": "extreme"})
    wrong = [judge.objection(sent) for sent in seen if "api/v2" in (sent.url or "")]
    assert [text for text in wrong if text and "extreme" in text]
    # Wrong on purpose: the general judge is not to fail the test for it.
    monkeypatch.setattr(judge, "objection", lambda request: None)


def test_the_adapter_makes_no_other_requests_than_these(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    """Everything it can do, so that no call escapes the judge."""
    ticket_id = platform.new_ticket("Where is it?")
    annotation = Annotation(
        "d", frozenset({"x"}), note_html="<p>x</p>", fields={"complaint": "no_callback"}, priority=Priority.HIGH
    )
    desk.annotate(desk.fetch(ticket_id), annotation, look_first=True)
    list(desk.macros())
    list(desk.check())
    first = desk.changed_since(None, start=datetime(2026, 1, 1, tzinfo=UTC))
    desk.changed_since(first.cursor, start=datetime(2026, 1, 1, tzinfo=UTC))
    made = {f"{request.method} {request.path}" for request in gate.log}
    assert made == {
        "POST /zendesk/oauth/tokens",
        "GET /zendesk/api/v2/users/me",
        f"GET /zendesk/api/v2/tickets/{ticket_id}",
        f"GET /zendesk/api/v2/tickets/{ticket_id}/comments",
        f"GET /zendesk/api/v2/tickets/{ticket_id}/audits",
        f"PUT /zendesk/api/v2/tickets/{ticket_id}",
        f"GET /zendesk/api/v2/ticket_fields/{platform.complaint_field}",
        f"GET /zendesk/api/v2/ticket_fields/{platform.fields['order']}",
        "GET /zendesk/api/v2/macros",
        "GET /zendesk/api/v2/incremental/tickets/cursor",
        "GET /zendesk/api/v2/business_hours/schedules",
    }

"""Who set a tag, as the audits of the ticket tell it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.contract import Annotation
from adapters.zendesk.helpdesk import ZendeskDesk
from adapters.zendesk.reading import tagging
from adapters.zendesk.schemas import Audit, AuditsAnswer, User, loaded
from tests.adapters.zendesk.platform import ZendeskPlatform

TAG = "goodwill_approved"
NOW = datetime.now(UTC)


def change(platform: ZendeskPlatform, ticket_id: str, add: Iterable[str], remove: Iterable[str] = ()) -> None:
    platform.control("POST", f"/tickets/zendesk/{ticket_id}/tags", {"add": [*add], "remove": [*remove]})


def test_the_agent_who_set_a_tag_is_told_with_the_time(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Nobody called me back.")
    assert desk.who_tagged(ticket_id, TAG) is None
    change(platform, ticket_id, [TAG])
    change(platform, ticket_id, ["other"])
    found = desk.who_tagged(ticket_id, TAG)
    assert found is not None and found.is_staff
    assert found.email == "dana@acme.example"
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=2)
    assert "dana" not in repr(found)


def test_a_tag_that_we_set_ourselves_is_nobodys(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Nobody called me back.")
    desk.annotate(desk.fetch(ticket_id), Annotation("d-1", frozenset({TAG})), look_first=False)
    assert TAG in desk.fetch(ticket_id).tags
    assert desk.who_tagged(ticket_id, TAG) is None


def test_the_latest_setting_counts(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Nobody called me back.")
    change(platform, ticket_id, [TAG])
    change(platform, ticket_id, [], [TAG])
    desk.annotate(desk.fetch(ticket_id), Annotation("d-1", frozenset({TAG})), look_first=False)
    assert desk.who_tagged(ticket_id, TAG) is None


def an_audit(
    author: object = 7, via: object = "web", event_via: object = None, value: object = f"a {TAG}"
) -> tuple[Audit, list[User]]:
    event = {"type": "Change", "field_name": "tags", "value": value, "previous_value": "a", "via": event_via}
    row: dict[str, Any] = {
        "author_id": author, "created_at": NOW.isoformat(), "via": {"channel": via}, "events": [{"type": "X"}, event],
    }  # fmt: skip
    users = [{"id": 7, "role": "agent", "email": "a@b.example"}, {"id": 8, "role": "end-user"}]
    answer = loaded(AuditsAnswer, {"audits": [row], "users": users, "meta": {}}, account="a", call="c")
    return answer.audits[0], answer.users


@pytest.mark.parametrize(
    ("audit", "person", "staff"),
    [
        pytest.param({}, "7", True, id="an agent"),
        pytest.param({"via": "api"}, "7", True, id="an agent by a program of theirs"),
        pytest.param({"value": ["a", TAG]}, "7", True, id="tags as a list"),
        pytest.param({"author": 8}, "8", False, id="a customer, through a field of a form"),
        pytest.param({"author": 9}, None, None, id="somebody who is not told of"),
        pytest.param({"author": -1}, None, None, id="the system"),
        pytest.param({"author": 99}, None, None, id="ourselves"),
        pytest.param({"via": "rule"}, None, None, id="an automation"),
        pytest.param({"event_via": {"channel": "rule"}}, None, None, id="a trigger in an agent's update"),
    ],
)
def test_only_a_person_counts(audit: dict[str, object], person: str | None, staff: bool | None) -> None:
    row, users = an_audit(**audit)
    event = next(event for event in row.events if event.adds(TAG))
    found = tagging(row, event, users, own_user_id="99")
    assert (found.person_id if found else None, found.is_staff if found else None) == (person, staff)


@pytest.mark.parametrize("value", [None, 5, {}, "goodwill_approved_x", [5, None], f"x{TAG}"])
def test_other_values_add_nothing(value: object) -> None:
    assert not any(event.adds(TAG) for event in an_audit(value=value)[0].events)

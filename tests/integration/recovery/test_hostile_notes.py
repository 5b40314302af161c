"""Foreign text in a note stays text, as we write it and as each helpdesk keeps it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Annotation
from adapters.placeholders import inert
from tests.adapters.sidebar.stage import Stage, stage
from tests.hostile import PAYLOADS, intruders
from tests.integration.recovery.situations import note_with

MARKER = frozenset({"color:#8a94a0;font-size:11px"})
table = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), redis_server) as made:
        yield made


@table
def test_the_note_has_no_elements_but_ours(payload: str) -> None:
    note = note_with(payload)
    assert intruders(note) == []
    assert "{{" not in inert(note) and "{%" not in inert(note)


@given(st.text(max_size=80))
def test_nor_has_one_of_any_other_text(text: str) -> None:
    assert intruders(note_with(text)) == []


def test_the_check_would_notice_an_intruder() -> None:
    noticed = [name for name, payload in PAYLOADS.items() if intruders(f"<p>{payload}</p>")]
    # The others are harmless as markup and hostile elsewhere: as an attribute, a template, twice decoded.
    assert len(noticed) >= 18
    assert {"script", "image", "svg", "link", "frame", "style", "comment"} <= set(noticed)


@pytest.mark.parametrize("helpdesk", ["zendesk", "freshdesk"])
def test_what_a_helpdesk_keeps_of_it_has_none_either(staged: Stage, helpdesk: str) -> None:
    desk = staged.context.helpdesks[helpdesk]
    for name, payload in PAYLOADS.items():
        ticket_id = staged.ticket(helpdesk, f"Nobody called me back {payload}", subject=f"{payload} x")
        desk.annotate(desk.fetch(ticket_id), Annotation("d-1", note_html=note_with(payload)), look_first=False)
        comments = staged.control.get(f"tickets/{helpdesk}/{ticket_id}")["ticket"]["comments"]
        (note,) = [one for one in comments if not one["public"]]
        assert intruders(note["html"], own_styles=MARKER) == [], name
        assert "maureen@customer.example" not in note["text"], "a placeholder was filled in"

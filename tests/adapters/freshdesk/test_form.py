"""What an account's own statuses, groups and fields mean."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Status
from adapters.freshdesk.form import TicketForm, choices, value_for
from adapters.freshdesk.schemas import FieldRow, FieldSchema


def recorded_form() -> TicketForm:
    text = files("adapters.freshdesk").joinpath("fixtures/ticket_fields.json").read_text("utf-8")
    return TicketForm.of(FieldSchema(many=True).load(json.loads(text)))


FORM = recorded_form()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (2, Status.OPEN),
        (3, Status.PENDING),
        (4, Status.SOLVED),
        (5, Status.CLOSED),
        (6, Status.PENDING),  # by name
        (7, Status.PENDING),
        (8, Status.PENDING),  # by place: listed behind Pending
        (9, Status.OPEN),  # by place: listed behind Open
        (10, Status.CLOSED),  # by name, behind Closed
        (11, Status.OPEN),  # no telling name, behind Closed: better looked at in vain
        (99, Status.OPEN),
        (None, Status.OPEN),
    ],
)
def test_statuses_of_the_account_become_ours(code: int | None, status: Status) -> None:
    assert FORM.status(code) is status


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Waiting for resolution", Status.PENDING),
        ("Reopened after closing", Status.OPEN),
        ("Unresolved", Status.OPEN),
        ("On hold", Status.PENDING),
        ("Fixed in shop", Status.SOLVED),
        ("New arrival", Status.NEW),
    ],
)
def test_status_by_its_name(name: str, status: Status) -> None:
    form = TicketForm.of([FieldRow("status", choices={"4": ["Resolved", "-"], "12": [name, name]})])
    assert form.status(12) is status


@pytest.mark.parametrize("statuses", [None, [], {}, "x", {"2": None}, {"x": ["y"]}, {"12": {"a": 1}}, {"12": []}, [1]])
def test_an_unreadable_list_of_statuses_leaves_the_built_in_ones(statuses: Any) -> None:
    form = TicketForm.of([FieldRow("status", choices=statuses)])
    assert form.status(4) is Status.SOLVED
    assert form.status(12) is Status.OPEN


def test_groups_products_and_channels_go_by_name() -> None:
    assert FORM.group_name(67000259996) == "Recovery team"
    assert FORM.group_name(1) == "1"
    assert FORM.group_name(None) is None
    assert FORM.group_id("recovery TEAM") == 67000259996
    assert FORM.group_id("67000259996") == 67000259996
    assert FORM.group_id("Night watch") is None
    assert FORM.product_name(67000001111) == "Acme Home"
    assert FORM.channel(1) == "email"
    assert FORM.channel(101) == "kiosk_in_the_shop"
    assert FORM.channel(500) == "500"
    assert FORM.channel(None) is None
    assert TicketForm.of([]).group_id("Recovery team") is None


@pytest.mark.parametrize(
    "wanted", ["no_callback", "No callback", "NO CALLBACK", "complaint_no_callback", "no-callback"]
)
def test_a_choice_is_found_in_every_spelling(wanted: str) -> None:
    assert value_for(FORM.fields["cf_complaint_297457"], "complaint", wanted) == "No callback"


@pytest.mark.parametrize("choice", ["no_callback", "No Callback", "complaint_no_callback", "Complaint: no callback"])
def test_a_choice_may_be_named_in_every_spelling(choice: str) -> None:
    row = FieldRow("cf_x", type="custom_dropdown", choices=["Other", choice])
    assert value_for(row, "complaint", "no_callback") == choice


@pytest.mark.parametrize(
    ("field", "wanted", "value"),
    [
        ("ticket_type", "complaint", "Complaint"),
        ("cf_cause", "delivery", "Delivery"),
        ("cf_recovery", "true", True),
        ("cf_recovery", "No", False),
        ("cf_failures", "3", 3),
        ("cf_goodwill", "12.50", 12.5),
        ("cf_call_on", "2026-11-23T15:00:00+00:00", "2026-11-23"),
        ("cf_order_no", "A-77", "A-77"),
    ],
)
def test_values_take_the_shape_of_their_field(field: str, wanted: str, value: Any) -> None:
    assert value_for(FORM.fields[field], "name", wanted) == value


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("cf_complaint_297457", "rude_agent"),
        ("cf_complaint_297457", ""),
        ("cf_recovery", "maybe"),
        ("cf_failures", "three"),
        ("cf_goodwill", "nan"),
        ("cf_call_on", "tomorrow"),
        ("cf_signature", "x"),
        ("status", "open"),
    ],
)
def test_what_a_field_cannot_hold_is_said(field: str, wanted: str) -> None:
    with pytest.raises(ValueError, match=r"offers no choice|checkbox|takes|not written"):
        value_for(FORM.fields[field], "name", wanted)


def test_free_text_is_not_quoted_to_ops() -> None:
    with pytest.raises(ValueError) as caught:
        value_for(FORM.fields["cf_complaint_297457"], "complaint", "Kim wrote: where is my sofa?")
    assert "sofa" not in str(caught.value)


@pytest.mark.parametrize(
    ("offered", "names"),
    [
        (["a", "b"], ["a", "b"]),
        ([{"id": 1, "value": "a"}, {"id": 2}], ["a"]),
        ({"a": {}, "b": []}, ["a", "b"]),
        (["a", None, 3], ["a"]),
        (None, []),
        ("text", []),
    ],
)
def test_choices_come_in_several_shapes(offered: Any, names: list[str]) -> None:
    assert choices(FieldRow("cf_x", choices=offered)) == names


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(offered=json_values, kind=st.sampled_from(["custom_dropdown", "custom_text", "nested_field", "custom_checkbox"]))
def test_no_choices_whatever_break_the_form(offered: Any, kind: str) -> None:
    form = TicketForm.of([FieldRow(name, type=kind, choices=offered) for name in ("status", "group", "source", "cf_x")])
    assert form.status(12) in Status
    form.group_id("x"), form.group_name(3), form.channel(77)
    try:
        value_for(form.fields["cf_x"], "complaint", "no_callback")
    except ValueError as error:
        assert str(error)

"""Finding the end of a long conversation, and what error answers may say."""

from __future__ import annotations

import json

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from adapters.freshdesk.client import LAST_CONVERSATION_PAGE, PER_PAGE, Page, last_rows
from adapters.freshdesk.errors import explain


@given(count=st.integers(0, PER_PAGE * LAST_CONVERSATION_PAGE), by_link=st.booleans())
def test_the_newest_rows_are_read_in_a_handful_of_calls(count: int, by_link: bool) -> None:
    asked: list[int] = []

    def read(number: int) -> Page[int]:
        asked.append(number)
        rows = tuple(range(count)[(number - 1) * PER_PAGE : number * PER_PAGE])
        return Page(rows, number * PER_PAGE < count if by_link else len(rows) >= PER_PAGE)

    rows = last_rows(read, LAST_CONVERSATION_PAGE)
    assert rows == tuple(range(count))[-len(rows) :] if rows else count == 0
    assert len(rows) >= min(count, PER_PAGE)
    assert len(asked) == len(set(asked)) <= 13
    assert max(asked) <= LAST_CONVERSATION_PAGE
    if count < PER_PAGE:
        assert asked == [1]


def test_a_list_without_end_is_given_up() -> None:
    assert last_rows(lambda number: Page((number,), True), 50) == (49, 50)


def answer(body: object) -> requests.Response:
    response = requests.Response()
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response


def test_field_errors_name_field_code_and_message() -> None:
    told = explain(
        answer(
            {
                "description": "Validation failed",
                "errors": [
                    {"field": "type", "message": "It should be one of these values: 'A,B'", "code": "invalid_value"},
                    {
                        "field": "custom_fields.cf_x",
                        "message": "Mandatory\n attribute missing",
                        "code": "missing_field",
                    },
                ],
            }
        )
    )
    assert told == (
        "type: It should be one of these values: 'A,B' (invalid_value); "
        "custom_fields.cf_x: Mandatory attribute missing (missing_field)"
    )


def test_refusals_are_put_in_words() -> None:
    assert (
        explain(answer({"code": "access_denied", "message": "x"})) == "access_denied (the key's agent may not do this)"
    )
    assert explain(answer({"code": "something_new"})) == "something_new"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>the sofa</html>",
        b"[" * 100_000,
        [],
        "the sofa",
        {"message": "the sofa", "description": "the sofa"},
        {"code": "the sofa", "errors": ["the sofa"]},
        {"errors": {"sofa": 1}},
        {"errors": [{"field": "body", "message": "the sofa", "code": "the sofa"}]},
        {"errors": [{"field": "the sofa", "message": None}]},
        {"errors": [{"field": "structured_body.subject", "message": "the sofa", "code": "invalid_value"}]},
    ],
)
def test_customers_words_are_not_passed_on(body: object) -> None:
    assert "sofa" not in explain(answer(body))


def test_addresses_are_not_passed_on() -> None:
    told = explain(answer({"errors": [{"field": "cc_emails", "message": "kim@customer.example is not valid"}]}))
    assert told == "cc_emails: (address) is not valid"

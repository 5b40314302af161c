"""Zendesk's rate headers, in both families and any case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.zendesk.limits import ACCOUNT, INCREMENTAL, UPDATES, Reading, readings


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, []),
        ({"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "699"}, [Reading(ACCOUNT, 699, 700)]),
        (
            {"ratelimit-limit": "400", "ratelimit-remaining": "12", "ratelimit-reset": "41"},
            [Reading(ACCOUNT, 12, 400, 41)],
        ),
        # Where both families tell, the one with a reset time wins.
        (
            {
                "X-Rate-Limit": "700",
                "X-Rate-Limit-Remaining": "699",
                "RateLimit-Limit": "400",
                "RateLimit-Remaining": "12",
                "RateLimit-Reset": "41",
            },
            [Reading(ACCOUNT, 12, 400, 41)],
        ),
        (
            {"Zendesk-RateLimit-tickets-update": "total=20; remaining=19; resets=60"},
            [Reading(UPDATES, 19, 20, 60)],
        ),
        (
            {"zendesk-ratelimit-incremental-exports": "remaining=3;total=10"},
            [Reading(INCREMENTAL, 3, 10, None)],
        ),
        ({"zendesk-ratelimit-tickets-update": "total=100; remaining=0"}, [Reading(UPDATES, 0, 100, None)]),
        ({"zendesk-ratelimit-tickets-update": "total=100"}, []),
        ({"zendesk-ratelimit-search-index": "total=100; remaining=7; resets=1"}, []),
        ({"x-rate-limit": "many", "x-rate-limit-remaining": "some"}, []),
        ({"x-rate-limit": "0", "x-rate-limit-remaining": "0"}, [Reading(ACCOUNT, 0, None)]),
        ({"x-rate-limit-remaining": "-4"}, []),
    ],
)
def test_headers_tell_what_is_left(headers: dict[str, str], expected: list[Reading]) -> None:
    assert list(readings(headers)) == expected


@given(
    st.dictionaries(
        st.sampled_from(["X-Rate-Limit", "ratelimit-remaining", "ratelimit-reset", "Zendesk-RateLimit-Tickets-Update"]),
        st.text(),
    )
)
def test_nonsense_in_headers_is_passed_over(headers: dict[str, str]) -> None:
    assert all(reading.remaining >= 0 for reading in readings(headers))

"""What may stand in makeright.toml for an account on Freshdesk."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import RAISE, ValidationError
from redis import Redis

from adapters.contract import Account, Secret
from adapters.freshdesk.helpdesk import HELPDESK
from adapters.freshdesk.options import FreshdeskOptions, FreshdeskOptionsSchema

KEY = Secret("kEy0123456789")


def load(**keys: Any) -> FreshdeskOptions:
    options: FreshdeskOptions = FreshdeskOptionsSchema(unknown=RAISE).load({"api_key": KEY, **keys})
    return options


def test_the_least_that_must_be_said() -> None:
    options = load(domain="acme.freshdesk.com")
    assert options.api_key.reveal() == KEY.reveal()
    assert options.admin_api_key is None
    assert options.secret_header == "X-Makeright-Secret"
    assert options.limits.account.calls == 200
    assert not options.write_due_dates


@pytest.mark.parametrize(
    "domain", ["acme.freshdesk.com", "a.freshdesk.com", "acme-2.freshdesk.com", f"{'a' * 63}.freshdesk.com"]
)
def test_domains_of_freshdesk_are_accepted(domain: str) -> None:
    assert load(domain=domain).domain == domain


@pytest.mark.parametrize(
    "domain",
    [
        "acme",
        "https://acme.freshdesk.com",
        "support.acme.com",
        "acme.freshdesk.com.evil.example",
        "evil.example/acme.freshdesk.com",
        "acme.freshdesk.com/",
        "acme.freshdesk.com\n",
        "-acme.freshdesk.com",
        "ACME.freshdesk.com",
        "a.b.freshdesk.com",
        "acme@evil.freshdesk.com",
        f"{'a' * 64}.freshdesk.com",
        ".freshdesk.com",
        "",
    ],
)
def test_other_addresses_are_refused_with_an_example(domain: str) -> None:
    with pytest.raises(ValidationError, match=r"acme\.freshdesk\.com"):
        load(domain=domain)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"api_key": "kEy0123456789"}, "env:NAME"),
        ({"admin_api_key": "kEy0123456789"}, "env:NAME"),
        ({"api_key": Secret(" ")}, "empty"),
        ({"api_key": None}, "null"),
        ({"plan": "gold"}, "trial, growth, pro, enterprise"),
        ({"secret_header": "X Secret"}, "X-Makeright-Secret"),
        ({"secret_header": "X-Secret\n"}, "X-Makeright-Secret"),
        ({"write_due_dates": "perhaps"}, "boolean"),
        ({"subdomain": "acme"}, "Unknown field"),
    ],
)
def test_mistakes_are_named(keys: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        load(**keys)
    assert KEY.reveal() not in str(caught.value)


def test_an_account_needs_a_domain_or_a_base_url(redis: Redis) -> None:
    with pytest.raises(ValueError, match="domain"):
        HELPDESK(Account("acme", load()), redis)
    with pytest.raises(ValueError, match="https"):
        HELPDESK(Account("acme", load(), base_url="http://acme.freshdesk.com"), redis)
    HELPDESK(Account("acme", load(), base_url="http://127.0.0.1:8090/freshdesk"), redis)

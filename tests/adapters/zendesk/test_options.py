"""The account's own keys in makeright.toml, and what their errors say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from adapters.contract import Secret
from adapters.zendesk.options import ApiToken, OAuthClient, ZendeskOptions, ZendeskOptionsSchema

OAUTH = {"client_id": "makeright", "client_secret": Secret("s3cret")}
LEGACY = {"email": "ops@acme.example", "api_token": Secret("t0ken")}


def load(**keys: Any) -> ZendeskOptions:
    options = ZendeskOptionsSchema().load({"subdomain": "acme", "auth": OAUTH, **keys})
    assert isinstance(options, ZendeskOptions)
    return options


def test_oauth_client_with_defaults() -> None:
    assert load() == ZendeskOptions("acme", OAuthClient("makeright", Secret("s3cret")), None, timedelta(minutes=5))


def test_api_token_account_id_and_window() -> None:
    options = load(auth=LEGACY, account_id="22129848", hook_window_seconds=600)
    assert options.auth == ApiToken("ops@acme.example", Secret("t0ken"))
    assert (options.account_id, options.hook_window) == ("22129848", timedelta(minutes=10))


@pytest.mark.parametrize("name", ["Acme", "acme.zendesk.com", "https://acme.zendesk.com", "-acme", "acme-", "a b", ""])
def test_subdomain_is_only_the_first_part_of_the_address(name: str) -> None:
    with pytest.raises(ValidationError, match=r"before \.zendesk\.com"):
        load(subdomain=name)


@pytest.mark.parametrize("name", ["acme", "a", "acme-2", "4cme"])
def test_good_subdomains(name: str) -> None:
    assert load(subdomain=name).subdomain == name


@pytest.mark.parametrize(
    ("auth", "path", "says"),
    [
        ({}, "auth", "client_id and client_secret"),
        ({**OAUTH, **LEGACY}, "auth", "client_id and client_secret"),
        ({"client_id": "makeright"}, "auth", "client_id and client_secret"),
        ({**OAUTH, "client_secret": "in plain"}, "client_secret", "env:NAME or file:PATH"),
        ({**OAUTH, "client_secret": Secret(" ")}, "client_secret", "empty"),
        ({**LEGACY, "email": "nobody"}, "email", "email"),
        ({**OAUTH, "client_sceret": Secret("x")}, "client_sceret", "Unknown field"),
    ],
)
def test_auth_that_cannot_work_is_refused_by_name(auth: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        load(auth=auth)
    text = str(caught.value.messages)
    assert path in text and says in text
    assert "in plain" not in text


@pytest.mark.parametrize("keys", [{"account_id": "acme"}, {"hook_window_seconds": 5}, {"hook_window_seconds": 10**6}])
def test_other_values_out_of_range(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"text|choose"):
        load(**keys)


def test_misspelt_keys_are_named() -> None:
    with pytest.raises(ValidationError, match="subdomian"):
        load(subdomian="acme")


def test_secrets_show_in_no_repr() -> None:
    assert "s3cret" not in repr(load()) and "t0ken" not in repr(load(auth=LEGACY))

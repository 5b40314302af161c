"""What Freshdesk's error answers say, told to ops without a word of the ticket's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import requests

# Errors about these fields may quote what they were given.
_FREE_TEXT = frozenset({"body", "structured_body", "description", "subject", "name", "email", "content"})
_CODE = re.compile(r"[a-z][a-z_]{2,39}", re.ASCII)
_FIELD = re.compile(r"[\w.\[\]-]{1,60}", re.ASCII)
_ADDRESS = re.compile(r"[^\s<>\"'@]+@[^\s<>\"'@]+")

_MEANING: Mapping[str, str] = {
    "invalid_credentials": "Freshdesk does not know this API key (was it reset?)",
    "access_denied": "the key's agent may not do this",
    "require_feature": "the account's plan does not include this",
    "account_suspended": "the account is suspended",
    "password_lockout": "locked after failed logins",
    "password_expired": "the agent's password has expired",
}


def explain(answer: requests.Response) -> str:
    """Field, code and message of each error. Messages about free-text fields and in unknown shapes are left out."""
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        return "no reason given"
    if not isinstance(content, dict):
        return "no reason given"
    told = list(_field_errors(content.get("errors")))
    if told:
        return "; ".join(told)
    code = str(content.get("code"))
    if not _is(content.get("code"), _CODE):
        return "no reason given"
    return f"{code} ({_MEANING[code]})" if code in _MEANING else code


def _field_errors(errors: Any) -> Iterator[str]:
    for error in errors[:10] if isinstance(errors, list) else ():
        if not isinstance(error, dict):
            continue
        field, code, message = error.get("field"), error.get("code"), error.get("message")
        text = str(field) if _is(field, _FIELD) else "a field"
        if isinstance(message, str) and text.rpartition(".")[2] not in _FREE_TEXT:
            text += f": {_ADDRESS.sub('(address)', ' '.join(message.split()))[:300]}"
        yield f"{text} ({code})" if _is(code, _CODE) else text


def _is(value: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None

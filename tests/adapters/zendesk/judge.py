"""Zendesk's own published description of its API as a judge over every request that the adapter sends.

The description is not part of the project (its licence is not stated): it is read from beside the checkout.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

DESCRIPTION = Path(__file__).parents[4] / "shared" / "specs" / "zendesk-support-openapi.json"


@cache
def _description() -> OpenAPI:
    content = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    # Its general rule that every call is authorised cannot hold for the one that fetches the token.
    content["paths"]["/oauth/tokens"]["post"]["security"] = []
    # Its own variant of the page parameter cannot be read; the others' says the same.
    content["paths"]["/api/v2/brands"]["get"]["parameters"][0] = {"$ref": "#/components/parameters/DualPaginationPage"}
    return OpenAPI.from_dict(content, config=Config(spec_validator_cls=None))


# Webhooks have a description of their own, which is not at hand; business hours are documented, but left out of this one
# (platform page: Zendesk 7).
NOT_DESCRIBED = re.compile(r"/zendesk/api/v2/(webhooks|business_hours)(/|$)")


def objection(request: requests.PreparedRequest) -> str | None:
    """What the description has against a request, if anything; the sandbox's address is taken for Zendesk's."""
    asked = request.copy()
    parts = urlsplit(asked.url or "")
    if NOT_DESCRIBED.match(parts.path):
        return None
    asked.url = urlunsplit(("https", "acme.zendesk.com", parts.path.removeprefix("/zendesk"), parts.query, ""))
    try:
        _description().validate_request(RequestsOpenAPIRequest(asked))
    except OpenAPIError as error:
        # The reason sits at the end of the chain, the place at its start.
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        return f"{asked.method} {parts.path}: {error} {cause} {getattr(cause, 'schema_errors', '')}"
    return None


def likeness(request: requests.PreparedRequest) -> str:
    """The same for requests that the judge would treat alike, so that each kind is judged once."""
    parts = urlsplit(request.url or "")
    body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
    return f"{request.method} {re.sub(r'[0-9]+', '0', f'{parts.path}?{parts.query} {body}')}"

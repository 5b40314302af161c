"""Ways for clients that insist on the platforms' own host names to reach the sandbox."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter


class Redirecting(HTTPAdapter):
    """Sends https://acme.zendesk.com/... to the sandbox, the host name kept in the Host header."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._netloc = urlsplit(url).netloc

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        inner = request.copy()
        inner.headers["Host"] = parts.netloc
        inner.url = urlunsplit(("http", self._netloc, parts.path, parts.query, ""))
        response = super().send(inner, **more)
        # The client must believe that the platform itself answered.
        response.request, response.url = request, request.url or ""
        return response


def session(url: str) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    for scheme in ("https://", "http://"):
        made.mount(scheme, Redirecting(url))
    return made

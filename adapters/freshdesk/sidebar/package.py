"""The Freshdesk app: built for one account, and checked against Freshworks' rules for platform 3.0 (platform page:
Freshdesk 5.2 to 5.6)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from adapters.http import is_loopback
from adapters.sidebar_package import AppBuild, Files, checked_address, own_files, page_problems, shared_files

_PLACES = frozenset(
    [
        "ticket_sidebar",
        "ticket_requester_info",
        "ticket_top_navigation",
        "ticket_background",
        "time_entry_background",
        "ticket_attachment",
        "ticket_conversation_editor",
        "new_ticket_requester_info",
        "new_ticket_background",
    ]
)
_METHODS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE"))
_TYPES = frozenset(
    [
        "text",
        "paragraph",
        "email",
        "phone_number",
        "number",
        "url",
        "dropdown",
        "multiselect",
        "radio",
        "checkbox",
        "date",
        "domain",
        "api_key",
    ]
)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_VALUE = re.compile(r"<%=\s*(.*?)\s*%>")
_MOST_TEMPLATES = 100
_SLOWEST_RETRY = 1500


def files(build: AppBuild) -> dict[str, bytes]:
    """The app's files by path, `manifest.json` at the root. Raises NotBuilt."""
    address = checked_address(build)
    app = {**own_files(__package__), **shared_files("app/scripts/panel")}
    requests = json.loads(app["config/requests.json"])
    for template in requests.values():
        schema = template["schema"]
        schema["host"] = address.netloc if build.local else address.hostname
        if build.local:
            schema["protocol"] = address.scheme
        schema["path"] = address.path.rstrip("/") + schema["path"].replace("ACCOUNT", build.account, 1)
    app["config/requests.json"] = (json.dumps(requests, indent=2) + "\n").encode()
    return app


def problems(app: Files, *, local: bool = False) -> list[str]:
    """What Freshworks would refuse; empty if nothing."""
    documents: dict[str, Any] = {}
    for name in ("manifest.json", "config/requests.json", "config/iparams.json"):
        try:
            documents[name] = json.loads(app[name])
        except (KeyError, ValueError):
            return [f"{name}: missing, or not JSON"]
        if not isinstance(documents[name], dict):
            return [f"{name}: must be an object"]
    manifest, requests, iparams = documents.values()
    found = [*_manifest(manifest, app), *_requests(manifest, requests, iparams, local), *_iparams(iparams, app)]
    return [*found, *page_problems(app, local=local)]


def _manifest(manifest: dict[str, Any], app: Files) -> Iterator[str]:
    if manifest.get("platform-version") != "3.0":
        yield 'manifest.json: platform-version must be "3.0"'
    if "product" in manifest:
        yield "manifest.json: product belongs to platform 2; use modules"
    engines = manifest.get("engines")
    if not isinstance(engines, dict) or not {"node", "fdk"} <= set(engines):
        yield "manifest.json: engines must name node and fdk"
    modules = manifest.get("modules")
    if not isinstance(modules, dict) or "common" not in modules or len(modules) < 2:
        yield "manifest.json: modules must have common and at least one module of a product"
        return
    for module, content in modules.items():
        if module == "common":
            continue
        for place, options in (content.get("location") or {}).items():
            where = f"manifest.json: modules.{module}.location.{place}"
            if module == "support_ticket" and place not in _PLACES:
                yield f"{where}: there is no such place"
            for key in ("url", "icon"):
                if f"app/{options.get(key)}" not in app:
                    yield f"{where}.{key}: {options.get(key)!r} is not a file under app/"


def _requests(
    manifest: dict[str, Any], requests: dict[str, Any], iparams: dict[str, Any], local: bool
) -> Iterator[str]:
    declared = ((manifest.get("modules") or {}).get("common") or {}).get("requests") or {}
    for name in sorted(set(requests) ^ set(declared)):
        yield f"config/requests.json: {name}: must stand here and in modules.common.requests alike"
    if len(requests) > _MOST_TEMPLATES:
        yield f"config/requests.json: more than {_MOST_TEMPLATES} templates"
    for name, template in requests.items():
        where = f"config/requests.json: {name}"
        schema, options = template.get("schema") or {}, template.get("options") or {}
        if schema.get("method") not in _METHODS:
            yield f"{where}.method: must be one of {', '.join(sorted(_METHODS))}"
        host = str(schema.get("host") or "")
        on_this_machine = local and is_loopback(host.rpartition(":")[0] or host)
        if not _HOST.fullmatch(_VALUE.sub("x.example", host)) and not on_this_machine:
            yield f"{where}.host: must be a full host name without scheme, port or slash"
        if schema.get("protocol", "https") != "https" and not on_this_machine:
            yield f"{where}.protocol: must be https"
        if not str(schema.get("path", "/")).startswith("/"):
            yield f"{where}.path: must begin with a slash"
        yield from _values(where, schema, iparams)
        attempts, delay = options.get("maxAttempts", 1), options.get("retryDelay", 0)
        if attempts not in range(1, 6):
            yield f"{where}.maxAttempts: must be 1 to 5"
        if delay % 100 or not 0 <= delay <= _SLOWEST_RETRY:
            yield f"{where}.retryDelay: must be a multiple of 100 up to {_SLOWEST_RETRY}"


def _values(where: str, schema: dict[str, Any], iparams: dict[str, Any]) -> Iterator[str]:
    """Secure installation parameters may stand in headers only, and every one that is used must exist."""
    for part, content in schema.items():
        for used in re.findall(r"iparam\.(\w+)", json.dumps(content)):
            if used not in iparams:
                yield f"{where}.{part}: iparam.{used} is not in config/iparams.json"
            elif iparams[used].get("secure") and part != "headers":
                yield f"{where}.{part}: iparam.{used} is secure, which only headers may use"


def _iparams(iparams: dict[str, Any], app: Files) -> Iterator[str]:
    if "config/iparams.html" in app:
        yield "config: either iparams.json or iparams.html, not both"
    for name, one in iparams.items():
        where = f"config/iparams.json: {name}"
        if not one.get("display_name") or not one.get("description"):
            yield f"{where}: needs display_name and description"
        if one.get("type") not in _TYPES:
            yield f"{where}: type must be one of {', '.join(sorted(_TYPES))}"
        if re.search(r"token|secret|key|password", name) and one.get("secure") is not True:
            yield f"{where}: sounds like a secret; make it secure"

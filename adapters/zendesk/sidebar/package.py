"""The Zendesk app: built for one account, and checked against Zendesk's rules for apps (platform page: Zendesk 6.1,
after the validations of Zendesk's own package checker)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from adapters.http import is_loopback
from adapters.sidebar_package import AppBuild, Files, checked_address, own_files, page_problems, shared_files

_LOCATIONS = frozenset(
    [
        "ticket_sidebar",
        "new_ticket_sidebar",
        "user_sidebar",
        "organization_sidebar",
        "custom_object_record_sidebar",
        "top_bar",
        "nav_bar",
        "background",
        "modal",
        "ticket_editor",
        "system_top_bar",
    ]
)
_LOCATION_OPTIONS = frozenset(["url", "autoLoad", "autoHide", "flexible", "signed", "size", "legacy", "objectTypes"])
_TYPES = frozenset(["text", "checkbox", "url", "number", "multiline", "hidden", "oauth", "mtls"])
_SCOPES = frozenset(
    ["header", "body", "url", "jwt_secret_key", "jwt_claim", "basic_auth_username", "basic_auth_password"]
)
_BOOLEANS = ("requirementsOnly", "marketingOnly", "singleInstall", "signedUrls", "private")
_SECRET_NAME = re.compile(r"token|key|pwd|password|secret", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_PNG = b"\x89PNG\r\n\x1a\n"


def files(build: AppBuild) -> dict[str, bytes]:
    """The app's files by path, `manifest.json` at the root. Raises NotBuilt."""
    address = checked_address(build)
    app = {**own_files(__package__), **shared_files("assets/panel")}
    manifest = json.loads(app["manifest.json"])
    manifest["version"] = build.version
    manifest["domainWhitelist"] = [address.netloc if build.local else address.hostname]
    defaults = {"makeright_url": build.public_url.rstrip("/"), "account": build.account}
    for parameter in manifest["parameters"]:
        if parameter["name"] in defaults:
            parameter["default"] = defaults[parameter["name"]]
    app["manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    return app


def problems(app: Files, *, local: bool = False) -> list[str]:
    """What Zendesk would refuse or warn about; empty if nothing."""
    try:
        manifest = json.loads(app["manifest.json"])
    except (KeyError, ValueError):
        return ["manifest.json: missing at the root of the zip, or not JSON"]
    if not isinstance(manifest, dict):
        return ["manifest.json: must be an object"]
    found = [
        *_manifest(manifest, app),
        *_hosts(manifest, local),
        *_parameters(manifest),
        *_translations(manifest, app),
        *page_problems(app, local=local),
    ]
    for logo in ("assets/logo.png", "assets/logo-small.png"):
        if not app.get(logo, b"").startswith(_PNG):
            found.append(f"{logo}: missing, or not a PNG")
    return found


def _manifest(manifest: dict[str, Any], app: Files) -> Iterator[str]:
    author = manifest.get("author")
    for key in ("name", "email", "url"):
        if not isinstance(author, dict) or not isinstance(author.get(key), str) or not author[key]:
            yield f"manifest.json: author.{key} must be a text"
    if manifest.get("frameworkVersion") != "2.0":
        yield 'manifest.json: frameworkVersion must be "2.0"'
    if "noTemplate" in manifest:
        yield "manifest.json: noTemplate is gone since version 2 of the framework"
    for key in _BOOLEANS:
        if key in manifest and not isinstance(manifest[key], bool):
            yield f"manifest.json: {key} must be true or false"
    location = manifest.get("location")
    if not isinstance(location, dict) or not location:
        yield "manifest.json: location must not be empty"
        return
    for product, places in location.items():
        for name, place in places.items() if isinstance(places, dict) else ():
            yield from _location(f"location.{product}.{name}", name, place, app)


def _hosts(manifest: dict[str, Any], local: bool) -> Iterator[str]:
    """Where requests go: full host names. The framework takes others, but its proxy reaches nothing else."""
    hosts = manifest.get("domainWhitelist")
    if not isinstance(hosts, list) or not hosts or not all(isinstance(host, str) and host for host in hosts):
        yield "manifest.json: domainWhitelist must list the hosts that requests with secure settings go to"
        return
    for host in hosts:
        if (
            "{{" not in host
            and not _HOST.fullmatch(host)
            and not (local and is_loopback(host.rpartition(":")[0] or host))
        ):
            yield f"manifest.json: domainWhitelist: {host!r} is not a full host name without scheme and port"


def _location(where: str, name: str, place: Any, app: Files) -> Iterator[str]:
    if name not in _LOCATIONS:
        yield f"manifest.json: {where}: there is no such location"
    options = place if isinstance(place, dict) else {"url": place}
    for option in sorted(set(options) - _LOCATION_OPTIONS):
        yield f"manifest.json: {where}.{option}: there is no such option"
    url = str(options.get("url") or "")
    if url.startswith("http:") and not url.startswith("http://localhost"):
        yield f"manifest.json: {where}.url: must be https or a file under assets/"
    elif not url.startswith("https:") and "{{" not in url and (not url.startswith("assets/") or url not in app):
        yield f"manifest.json: {where}.url: {url!r} is not a file under assets/"


def _parameters(manifest: dict[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for parameter in manifest.get("parameters", ()):
        name = str(parameter.get("name") or "")
        where = f"manifest.json: parameter {name!r}"
        if not name or name == "name" or name in seen:
            yield f"{where}: needs a name of its own that is not 'name'"
        seen.add(name)
        if parameter.get("type", "text") not in _TYPES:
            yield f"{where}: type must be one of {', '.join(sorted(_TYPES))}"
        for key in ("required", "secure"):
            if key in parameter and not isinstance(parameter[key], bool):
                yield f"{where}: {key} must be true or false"
        if parameter.get("type") == "hidden" and parameter.get("required"):
            yield f"{where}: a hidden one cannot be required"
        scopes = parameter.get("scopes")
        if scopes is not None and (not parameter.get("secure") or not set(scopes) <= _SCOPES):
            yield f"{where}: scopes are for secure ones, and of {', '.join(sorted(_SCOPES))}"
        if parameter.get("secure") and not scopes:
            yield f"{where}: a secure one says its scopes"
        if parameter.get("secure") and "default" in parameter:
            yield f"{where}: a secure one has no default, which everybody could read"
        if _SECRET_NAME.search(name) and not parameter.get("secure"):
            yield f"{where}: sounds like a secret; make it secure"


def _translations(manifest: dict[str, Any], app: Files) -> Iterator[str]:
    locale = manifest.get("defaultLocale")
    if not isinstance(locale, str) or not re.fullmatch(r"[a-z]{2,3}(-\w{2,3})?", locale):
        yield "manifest.json: defaultLocale must be like en or en-gb"
        return
    name = f"translations/{locale}.json"
    try:
        words = json.loads(app[name])["app"]
        title = words["name"]
    except (KeyError, TypeError, ValueError):
        yield f"{name}: missing, or without app.name"
        return
    if not isinstance(title, str) or not title:
        yield f"{name}: app.name must be a text"
    labels = words.get("parameters")
    for parameter in manifest.get("parameters", ()) if labels is not None else ():
        if not (labels.get(parameter["name"]) or {}).get("label"):
            yield f"{name}: app.parameters.{parameter['name']}.label is missing"

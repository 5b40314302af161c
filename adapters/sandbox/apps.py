"""Sidebar apps in the workspace: the real zips, in frames of another origin, with the platforms' part played here.

For Zendesk that is its proxy, which fills in secure settings and signs; for Freshdesk the request templates that
Freshworks' servers fill in. The frames' counterparts in the page are static/zendesk_host.js and static/freshworks_host.js.
"""

from __future__ import annotations

import base64
import binascii
import json
import mimetypes
import re
import time
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jwt
import requests
from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, validate

from adapters.sandbox.control.blueprint import Wish, control, load
from adapters.sandbox.shelf import Record
from adapters.sandbox.store import FRESHDESK, HELPDESKS, ZENDESK
from adapters.sandbox.world import InstalledApp, here
from adapters.sidebar_package import unzipped

apps = Blueprint("apps", __name__)
TIMEOUT_SECONDS = 15
FRAMED_BY = "frame-ancestors http://127.0.0.1:* http://localhost:*"
ZAF_SDK = re.compile(r"https://static\.zdassets\.com/zendesk_app_framework_sdk/2\.0/zaf_sdk(?:\.min)?\.js")
_SDK_FILES = ("index", "client", "utils", "vendor/native-promise-only")
_SETTING = re.compile(r"\{\{setting\.(\w+)\}\}")
_TEMPLATE = re.compile(r"<%=\s*(iparam|context)\.(\w+)\s*%>")
_STATIC = Path(__file__).parent / "static"


class InstallSchema(Wish):
    helpdesk = fields.String(required=True, validate=validate.OneOf(HELPDESKS))
    zip = fields.String(required=True)
    settings = fields.Dict(fields.String(), fields.String(), load_default=dict)


@control.post("/apps")
def install() -> ResponseReturnValue:
    """Upload a zip (base64) with the values of its parameters, as an admin does."""
    wish = load(InstallSchema)
    try:
        files = unzipped(base64.b64decode(wish["zip"], validate=True))
        json.loads(files["manifest.json"])
    except (binascii.Error, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ValidationError({"zip": [f"not an app's zip: {error}"]}) from None
    here().apps[wish["helpdesk"]] = InstalledApp(files, wish["settings"])
    return jsonify({"installed": wish["helpdesk"], "files": len(files)}), 201


@control.delete("/apps/<helpdesk>")
def uninstall(helpdesk: str) -> ResponseReturnValue:
    here().apps.pop(helpdesk, None)
    return "", 204


@apps.get("/workspace/apps/<helpdesk>")
def show(helpdesk: str) -> ResponseReturnValue:
    """What the page needs to host this helpdesk's app; secure settings stay here."""
    app = here().apps.get(helpdesk)
    if app is None:
        return jsonify({"app": None})
    manifest = app.document("manifest.json")
    if helpdesk == ZENDESK:
        place = manifest["location"]["support"]["ticket_sidebar"]["url"]
        secure = {one["name"] for one in manifest.get("parameters", ()) if one.get("secure")}
        name = app.document(f"translations/{manifest['defaultLocale']}.json")["app"]["name"]
    else:
        place = "app/" + manifest["modules"]["support_ticket"]["location"]["ticket_sidebar"]["url"]
        secure = {key for key, one in app.document("config/iparams.json").items() if one.get("secure")}
        name = "Makeright"
    settings = {key: value for key, value in app.settings.items() if key not in secure}
    return jsonify({"app": {"name": name, "url": f"/apps/{helpdesk}/{place}", "settings": settings}})


@apps.get("/apps/<helpdesk>/<path:name>")
def serve(helpdesk: str, name: str) -> ResponseReturnValue:
    """One of the app's files, with the platform's own script taken from here."""
    app = here().apps.get(helpdesk)
    if app is None or name not in app.files:
        return "", 404
    data = app.files[name]
    if name.endswith(".html"):
        text = ZAF_SDK.sub("/apps-sdk/zaf_sdk.js", data.decode())
        data = text.replace("{{{appclient}}}", "/apps-sdk/freshworks_client.js").encode()
    return _file(data, mimetypes.guess_type(name)[0] or "application/octet-stream")


@apps.get("/apps-sdk/zaf_sdk.js")
def zaf_sdk() -> ResponseReturnValue:
    """Zendesk's own SDK if npm has put it here, else a small one of ours that speaks the same protocol."""
    return _file((_npm_sdk() or (_STATIC / "zaf_shim.js").read_text("utf-8")).encode(), "text/javascript")


@apps.get("/apps-sdk/freshworks_client.js")
def freshworks_client() -> ResponseReturnValue:
    return _file((_STATIC / "freshworks_client.js").read_bytes(), "text/javascript")


def _npm_sdk() -> str | None:
    """The package's CommonJS files as one script."""
    for root in (Path.cwd(), Path(__file__).parents[2]):
        folder = root / "node_modules" / "zendesk_app_framework_sdk" / "lib"
        if folder.is_dir() and current_app.config.get("NPM_SDK", True):
            parts = [
                f'"./{name}":function(module,exports,require){{{(folder / f"{name}.js").read_text("utf-8")}\n}}'
                for name in _SDK_FILES
            ]
            return (
                "(function(){var made={},all={" + ",\n".join(parts) + "};"
                "function need(name){if(!made[name]){var m=made[name]={exports:{}};all[name](m,m.exports,need);}"
                'return made[name].exports;}window.ZAFClient=need("./index");})();'
            )
    return None


def _file(data: bytes, kind: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers["Content-Security-Policy"] = FRAMED_BY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


# -- Zendesk's proxy


@apps.post("/workspace/apps/zendesk/request")
def proxy() -> ResponseReturnValue:
    """`client.request` of an app: secure settings are filled in and the token is signed here, never in a browser."""
    app, wish = here().apps.get(ZENDESK), request.get_json(silent=True) or {}
    if app is None:
        return jsonify({"error": "no app is installed"}), 404
    url = str(wish.get("url", ""))
    if wish.get("cors") or urlsplit(url).netloc not in app.document("manifest.json").get("domainWhitelist", ()):
        return jsonify({"status": 400, "text": "the host is not on the app's domainWhitelist"})
    headers = {str(name): str(value) for name, value in (wish.get("headers") or {}).items()}
    if "jwt" in wish:
        token = _signed(wish["jwt"], app)
        headers = {name: value.replace("{{jwt.token}}", token) for name, value in headers.items()}
    if wish.get("contentType"):
        headers["Content-Type"] = str(wish["contentType"])
    return jsonify(_called(str(wish.get("type", "GET")), url, headers, wish.get("data")))


def _signed(wish: Record, app: InstalledApp) -> str:
    """As Zendesk's proxy does: whatever claims the browser chose, an expiry on top, the installation's secret."""
    scoped = {
        one["name"] for one in app.document("manifest.json")["parameters"] if "jwt_secret_key" in one.get("scopes", ())
    }

    def setting(match: re.Match[str]) -> str:
        return app.settings.get(match[1], "") if match[1] in scoped else match[0]

    key = _SETTING.sub(setting, str(wish.get("secret_key", "")))
    now = int(time.time())
    claims = {**(wish.get("claims") or {}), "iat": now, "exp": now + int(wish.get("expiry", 60))}
    return jwt.encode(claims, key, algorithm=str(wish.get("algorithm", "HS256")))


@apps.post("/workspace/apps/zendesk/macro")
def apply_macro() -> ResponseReturnValue:
    """What a macro makes of this ticket, for the page to put into the agent's form."""
    wish = request.get_json(silent=True) or {}
    path = f"/zendesk/api/v2/tickets/{int(wish['ticket'])}/macros/{int(wish['macro'])}/apply"
    answer = current_app.test_client().get(
        path, auth=(f"{wish['agent']}/token", here().credentials.zendesk_api_token), base_url="http://127.0.0.1"
    )
    if answer.status_code != 200:
        return jsonify({"error": "there is no such macro"}), 404
    ticket = answer.get_json()["result"]["ticket"]
    return jsonify(
        {"text": (ticket.get("comment") or {}).get("body", ""), "status": ticket.get("status"), "tags": ticket["tags"]}
    )


# -- Freshworks' request templates


@apps.post("/workspace/apps/freshdesk/request")
def invoke_template() -> ResponseReturnValue:
    """`client.request.invokeTemplate` of an app."""
    app, wish = here().apps.get(FRESHDESK), request.get_json(silent=True) or {}
    template = (app.document("config/requests.json") if app else {}).get(str(wish.get("template")))
    if app is None or template is None:
        return jsonify({"status": 400, "text": "there is no such template"})
    values = {"iparam": app.settings, "context": wish.get("context") or {}}

    def filled(text: str, *, in_path: bool = False) -> str:
        def value(match: re.Match[str]) -> str:
            found = str(values[match[1]].get(match[2], ""))
            return quote(found, safe="") if in_path else found

        return _TEMPLATE.sub(value, text)

    schema = template["schema"]
    url = f"{schema.get('protocol', 'https')}://{filled(schema['host'])}{filled(schema['path'], in_path=True)}"
    headers = {name: filled(value) for name, value in schema.get("headers", {}).items()}
    return jsonify(_called(schema["method"], url, headers, wish.get("body")))


def _called(method: str, url: str, headers: Record, body: Any) -> Record:
    """Status and text; status 0 where nobody answered."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(
                method,
                url,
                headers=headers,
                data=body.encode() if isinstance(body, str) else None,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            return {"status": 0, "text": ""}
    return {"status": answer.status_code, "text": answer.text}


# They wait for somebody else's answer, and must not hold everybody up meanwhile.
for _view in (proxy, invoke_template):
    _view.unlocked = True  # type: ignore[attr-defined]

"""The uploadable zips: the same every time, and checked against what each platform demands."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.freshdesk.sidebar import package as freshdesk
from adapters.sidebar_package import AppBuild, NotBuilt, app_kinds, app_zip, unzipped, zipped
from adapters.zendesk.sidebar import package as zendesk

BUILDERS = {"zendesk": zendesk, "freshdesk": freshdesk}
BUILD = AppBuild("acme", "https://makeright.example.com", "1.2.0")
ROOT = Path(__file__).parents[3]


@pytest.fixture(params=list(BUILDERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_is_an_app_for_each_helpdesk() -> None:
    assert app_kinds() == ["freshdesk", "zendesk"]
    with pytest.raises(NotBuilt, match="nowhere has no sidebar app"):
        app_zip("nowhere", BUILD)


def test_an_app_keeps_its_platforms_rules(kind: str) -> None:
    app = BUILDERS[kind].files(BUILD)
    assert BUILDERS[kind].problems(app) == []
    assert not [name for name in app if name.endswith((".py", ".md", ".pyc"))]


def test_the_zip_is_the_same_every_time_and_whole(kind: str) -> None:
    data = app_zip(kind, BUILD)
    assert data == app_zip(kind, BUILD)
    assert unzipped(data) == dict(BUILDERS[kind].files(BUILD))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert names == sorted(names) and "manifest.json" in names
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_zip_says_for_whom_it_is(kind: str) -> None:
    app = BUILDERS[kind].files(AppBuild("acme-uk", "https://mr.example.org/desk/", "1.0"))
    assert BUILDERS[kind].problems(app) == []
    if kind == "zendesk":
        manifest = json.loads(app["manifest.json"])
        assert manifest["domainWhitelist"] == ["mr.example.org"]
        assert {p["name"]: p.get("default") for p in manifest["parameters"]} == {
            "makeright_url": "https://mr.example.org/desk",
            "account": "acme-uk",
            "sidebar_secret": None,
        }
    else:
        schema = json.loads(app["config/requests.json"])["coach"]["schema"]
        assert schema["host"] == "mr.example.org"
        assert schema["path"] == "/desk/api/v1/accounts/acme-uk/tickets/<%= context.ticket_id %>/coach"


@pytest.mark.parametrize(
    "url",
    [
        "http://makeright.example.com",
        "https://127.0.0.1",
        "https://10.0.0.5",
        "https://localhost",
        "https://makeright.example.com:8443",
        "https://makeright",
        "http://127.0.0.1:8080",
    ],
)
def test_an_address_that_no_helpdesk_reaches_is_refused_with_its_place(kind: str, url: str) -> None:
    with pytest.raises(NotBuilt, match=r"service\.public_url"):
        app_zip(kind, AppBuild("acme", url, "1.0"))


def test_only_a_local_build_may_be_for_this_machine(kind: str) -> None:
    local = AppBuild("acme", "http://127.0.0.1:8080", "1.0", local=True)
    assert app_zip(kind, local)
    assert BUILDERS[kind].problems(BUILDERS[kind].files(local)) != []
    with pytest.raises(NotBuilt):
        app_zip(kind, AppBuild("acme", "http://makeright.example.com", "1.0", local=True))


def at(*path: Any, value: Any = None) -> Callable[[Any], None]:
    """Set the value at this place; without a value, take the place away."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        if value is None:
            del document[path[-1]]
        else:
            document[path[-1]] = value

    return change


ZENDESK = "manifest.json"
ZENDESK_MISTAKES: list[tuple[str, Callable[[Any], None], str]] = [
    (ZENDESK, at("author"), "author.name"),
    (ZENDESK, at("author", "email"), "author.email"),
    (ZENDESK, at("frameworkVersion", value="1.0"), "frameworkVersion"),
    (ZENDESK, at("noTemplate", value=True), "noTemplate"),
    (ZENDESK, at("private", value="yes"), "private must be true or false"),
    (ZENDESK, at("domainWhitelist", value=[]), "domainWhitelist"),
    (ZENDESK, at("defaultLocale", value="English"), "defaultLocale"),
    (ZENDESK, at("defaultLocale", value="de"), "translations/de.json"),
    (ZENDESK, at("location"), "location must not be empty"),
    (
        ZENDESK,
        at("location", "support", "ticket_sidebar", "url", value="assets/none.html"),
        "is not a file under assets",
    ),
    (ZENDESK, at("location", "support", "ticket_sidebar", "url", value="http://x.example"), "must be https"),
    (ZENDESK, at("location", "support", "ticket_sidebar", "height", value=1), "no such option"),
    (ZENDESK, at("location", "support", "sidebar", value="assets/iframe.html"), "no such location"),
    (ZENDESK, at("parameters", 0, "name", value="account"), "a name of its own"),
    (ZENDESK, at("parameters", 0, "name", value="name"), "a name of its own"),
    (ZENDESK, at("parameters", 0, "type", value="secret"), "type must be one of"),
    (ZENDESK, at("parameters", 0, "required", value="true"), "required must be true or false"),
    (ZENDESK, at("parameters", 0, "type", value="hidden"), "hidden one cannot be required"),
    (ZENDESK, at("parameters", 0, "scopes", value=["header"]), "scopes are for secure ones"),
    (ZENDESK, at("parameters", 2, "scopes"), "says its scopes"),
    (ZENDESK, at("parameters", 2, "scopes", value=["everywhere"]), "scopes are for secure ones"),
    (ZENDESK, at("parameters", 2, "default", value="x"), "no default"),
    (ZENDESK, at("parameters", 1, "name", value="api_token"), "sounds like a secret"),
    ("translations/en.json", at("app", "name"), "without app.name"),
    ("translations/en.json", at("app", "parameters", "account", "label"), "account.label is missing"),
]
REQUESTS, IPARAMS = "config/requests.json", "config/iparams.json"
FRESHDESK_MISTAKES: list[tuple[str, Callable[[Any], None], str]] = [
    ("manifest.json", at("platform-version", value="2.3"), "platform-version"),
    ("manifest.json", at("product", value={}), "use modules"),
    ("manifest.json", at("engines"), "engines"),
    ("manifest.json", at("engines", "fdk"), "engines"),
    ("manifest.json", at("modules", "support_ticket"), "at least one module"),
    ("manifest.json", at("modules", "common"), "must have common"),
    ("manifest.json", at("modules", "common", "requests", "coach"), "coach: must stand here and in"),
    (
        "manifest.json",
        at("modules", "support_ticket", "location", "ticket_sidebar", "icon", value="x.svg"),
        "not a file under app",
    ),
    (
        "manifest.json",
        at("modules", "support_ticket", "location", "sidebar", value={"url": "index.html"}),
        "no such place",
    ),
    (REQUESTS, at("panel", "schema", "method", value="FETCH"), "method"),
    (REQUESTS, at("panel", "schema", "host", value="https://x.example"), "host"),
    (REQUESTS, at("panel", "schema", "host", value="10.0.0.1"), "host"),
    (REQUESTS, at("panel", "schema", "host", value="x.example:8443"), "host"),
    (REQUESTS, at("panel", "schema", "host", value="x.example/y"), "host"),
    (REQUESTS, at("panel", "schema", "protocol", value="http"), "protocol"),
    (REQUESTS, at("panel", "schema", "path", value="api"), "begin with a slash"),
    (REQUESTS, at("panel", "schema", "path", value="/<%= iparam.sidebar_token %>"), "only headers may use"),
    (REQUESTS, at("panel", "schema", "headers", "X", value="<%= iparam.other %>"), "not in config/iparams.json"),
    (REQUESTS, at("panel", "options", "maxAttempts", value=6), "maxAttempts"),
    (REQUESTS, at("panel", "options", "retryDelay", value=250), "retryDelay"),
    (REQUESTS, at("panel", "options", "retryDelay", value=1600), "retryDelay"),
    (IPARAMS, at("sidebar_token", "secure"), "make it secure"),
    (IPARAMS, at("sidebar_token", "display_name"), "display_name"),
    (IPARAMS, at("sidebar_token", "type", value="secret"), "type must be one of"),
]


@pytest.mark.parametrize(
    ("kind", "name", "mistake", "told"),
    [("zendesk", *row) for row in ZENDESK_MISTAKES] + [("freshdesk", *row) for row in FRESHDESK_MISTAKES],
)
def test_a_mistake_is_told(kind: str, name: str, mistake: Callable[[Any], None], told: str) -> None:
    app = BUILDERS[kind].files(BUILD)
    document = json.loads(app[name])
    mistake(document)
    found = BUILDERS[kind].problems({**app, name: json.dumps(document).encode()})
    assert any(told in line for line in found), found


PAGES = {"zendesk": ("assets/iframe.html", "assets/app.js"), "freshdesk": ("app/index.html", "app/scripts/app.js")}


@pytest.mark.parametrize(
    ("which", "added", "told"),
    [
        (0, "<script>alert(1)</script>", "inside"),
        (0, '<p onclick="x()">', "inside"),
        (0, '<a href="javascript:x">', "inside"),
        (0, '<link href="missing.css">', "not in the zip"),
        (0, '<script src="http://x.example/a.js"></script>', "http://"),
        (1, "node.innerHTML = text;", "markup or code"),
        (1, "eval('1')", "markup or code"),
        (1, "document.write(text)", "markup or code"),
    ],
)
def test_a_page_that_would_let_text_become_code_is_told(kind: str, which: int, added: str, told: str) -> None:
    app = BUILDERS[kind].files(BUILD)
    name = PAGES[kind][which]
    found = BUILDERS[kind].problems({**app, name: app[name] + added.encode()})
    assert any(told in line and line.startswith(name) for line in found), found


@pytest.mark.parametrize("name", ["manifest.json"])
def test_what_is_no_app_is_told_as_such(kind: str, name: str) -> None:
    app = BUILDERS[kind].files(BUILD)
    for content in (b"", b"[]", b"{", b"\xff"):
        assert BUILDERS[kind].problems({**app, name: content})
    assert BUILDERS[kind].problems({}) != []


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a\\x"])
def test_a_zip_that_reaches_out_is_refused(path: str) -> None:
    with pytest.raises(zipfile.BadZipFile):
        unzipped(zipped({path: b"x"}))


CONFIG = """
[service]
public_url = "{url}"
[accounts.acme]
helpdesk = "zendesk"
subdomain = "acme"
auth = {{ client_id = "m", client_secret = "env:A_SECRET" }}
webhook_secrets = ["env:A_SECRET"]
sidebar_secrets = ["env:A_SECRET"]
"""


@pytest.mark.parametrize(
    ("url", "words", "status", "told"),
    [
        ("https://makeright.example.com", ["zendesk", "--account", "acme"], 0, "makeright-acme.zip"),
        ("http://127.0.0.1:8080", ["zendesk", "--account", "acme", "--local"], 0, "makeright-acme.zip"),
        ("http://127.0.0.1:8080", ["zendesk", "--account", "acme"], 1, "service.public_url"),
        ("https://makeright.example.com", ["freshdesk", "--account", "acme"], 2, "acme is on zendesk"),
        ("https://makeright.example.com", ["zendesk", "--account", "nobody"], 2, "no account 'nobody'"),
    ],
)
def test_the_command_writes_the_zip(tmp_path: Path, url: str, words: list[str], status: int, told: str) -> None:
    (tmp_path / "makeright.toml").write_text(CONFIG.format(url=url))
    done = subprocess.run(
        [sys.executable, "-m", "integration.cli", "sidebar", "build", *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "A_SECRET": "s" * 40, "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, told in done.stdout + done.stderr) == (status, True), done.stderr
    if status == 0:
        assert unzipped((tmp_path / "makeright-acme.zip").read_bytes())["manifest.json"]

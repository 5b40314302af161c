"""A running console before a filled store, on this machine, and clients that sign in to it as a browser would."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from argon2 import PasswordHasher
from werkzeug.serving import make_server

from integration.app import create_app
from integration.demo import free_port
from integration.pipeline.context import Context, build_context
from integration.settings import load_settings
from tests.integration.web.console.bulk import fill

PASSWORD = "correct horse battery staple"
# Cheap on purpose: the tests sign in often.
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
ACCOUNTS = """
[accounts.acme]
helpdesk = "zendesk"
subdomain = "acme"
base_url = "http://127.0.0.1:9/zendesk"
auth = { client_id = "makeright", client_secret = "file:client-secret" }
webhook_secrets = ["file:hook-secret"]
level = "annotate"
[accounts.acme.calendar]
time_zone = "America/New_York"
hours = { mon-fri = ["09:00-17:00"] }

[accounts.acme-uk]
helpdesk = "freshdesk"
domain = "acme-uk.freshdesk.com"
api_key = "file:api-key"
webhook_secrets = ["file:hook-secret"]
level = "suggest"
"""
SECRETS = {"client-secret": "client-S3CRET", "hook-secret": "hook-S3CRET", "api-key": "key-S3CRET"}


@dataclass
class Stage:
    url: str
    context: Context
    app: Any
    signed_in: requests.Session | None = None

    def __call__(self, path: str = "/") -> str:
        return f"{self.url}/console{path}"

    def visitor(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session

    def operator(self) -> requests.Session:
        """Signed in once: more often a minute is not allowed."""
        if self.signed_in is None:
            self.signed_in = self.visitor()
            assert sign_in(self.signed_in, self).status_code == 200
        return self.signed_in


def token_on(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "there is no form on the page"
    return found[1]


def sign_in(session: requests.Session, stage: Stage, password: str = PASSWORD, **more: str) -> requests.Response:
    token = token_on(session.get(stage("/sign-in")).text)
    return session.post(stage("/sign-in"), data={"csrf_token": token, "password": password, **more})


@contextmanager
def stage(
    folder: Path, redis_url: str, console: str = "", *, decisions: int = 0, accounts: str = ACCOUNTS
) -> Iterator[Stage]:
    """`console` is the section [console] without its head; "" leaves the sign-in out."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port(0)
    for name, value in {**SECRETS, "password-hash": HASHED}.items():
        (folder / name).write_text(value)
    head = f'redis_url = "{redis_url}"\npublic_url = "http://127.0.0.1:{port}"\nlisten = "127.0.0.1:{port}"\n'
    file = folder / "makeright.toml"
    file.write_text(f"[service]\n{head}\n[console]\n{console}\n{accounts}")
    context = build_context(load_settings(file), redis_patience=1)
    context.store.migrate()
    if decisions:
        fill(context.store, context.settings, decisions, datetime.now(UTC))
    app = create_app(context)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Stage(f"http://127.0.0.1:{port}", context, app)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
        context.store.close()

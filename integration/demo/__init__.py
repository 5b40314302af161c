"""The whole product on one machine: a sandbox with both helpdesks, and Makeright connected to them.

Nothing here is a short cut: webhooks are signed and sent, jobs go through Redis, adapters speak HTTP to the sandbox.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import requests

from adapters.sidebar_package import AppBuild, app_zip
from integration.complaints.taxonomy import Complaint

FIELD_TITLE = "Complaint"
HELPDESKS = ("zendesk", "freshdesk")
START_SECONDS = 60.0
# A large customer's rate limits: enforced, and wide enough that a demo is not spent waiting for them.
LARGE_PLANS = {"zendesk": "high_volume", "freshdesk": "enterprise"}
# The sandbox's own service credentials (adapters/sandbox/credentials.py).
_CLIENT_ID, _CLIENT_SECRET, _AGENT_KEY = "makeright", "sandbox-client-secret", "sandbox-agent-key"


@dataclass(frozen=True, slots=True)
class DemoTicket:
    """A message that a customer sends. `labels` are what its author meant by it, None where nobody said."""

    id: str
    text: str = field(repr=False)
    subject: str = ""
    name: str = ""
    labels: tuple[str, ...] | None = None


def packaged_tickets() -> list[DemoTicket]:
    return list(read_tickets((files("integration.demo") / "tickets.jsonl").read_text("utf-8").splitlines()))


def read_tickets(lines: Iterable[str]) -> Iterator[DemoTicket]:
    """Tickets from JSON lines of `{"id", "text"}` (optional: subject, name). Raises ValueError naming the line."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield DemoTicket(
                id=str(row["id"]),
                text=str(row["text"]),
                subject=str(row.get("subject") or ""),
                name=str(row.get("name") or ""),
                labels=tuple(row["labels"]) if isinstance(row.get("labels"), list) else None,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'line {number}: not a JSON object with "id" and "text" ({error})') from None


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one helpdesk's tickets. Every list holds ticket ids."""

    helpdesk: str
    tickets: int
    annotated: int
    untouched: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    failed: tuple[str, ...]
    incomplete: tuple[str, ...]
    disturbed: tuple[str, ...]
    otherwise: tuple[str, ...]
    public_replies: int

    @property
    def well(self) -> bool:
        """Nothing lost, doubled or failed, every complaint fully annotated, nothing else touched."""
        return not (
            self.lost or self.doubled or self.failed or self.incomplete or self.disturbed or self.public_replies
        )


class SandboxClient:
    """The sandbox's control side."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = self._session.post(f"{self.url}/control/{path}", json=body or {}, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        answer = self._session.get(f"{self.url}/control/{path}", timeout=60)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def running_sandbox(
    port: int, *, plans: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[SandboxClient]:
    """A sandbox of one's own on `port`, ended with the block; `plans` are the rate limits it enforces, by helpdesk.

    Raises RuntimeError if it does not start.
    """
    with (log or Path(os.devnull)).open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "adapters.sandbox", "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        client = SandboxClient(f"http://127.0.0.1:{port}")
        wait_for(lambda: answers(f"{client.url}/control/stats"), f"the sandbox on port {port}", alive=process)
        client.post("plan", plans or LARGE_PLANS)
        yield client
    finally:
        process.terminate()
        process.wait(20)


def connect(
    sandbox: SandboxClient,
    folder: Path,
    *,
    hooks: str,
    level: str = "annotate",
    extra: str = "",
    account_extra: str = "",
) -> Path:
    """Connect both of the sandbox's helpdesks to `hooks` (an address) and write the configuration that goes with it.

    `extra` is added to the [service] section, `account_extra` to each account's. Returns the configuration file; secrets lie beside it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    freshdesk_secret = os.urandom(24).hex()
    zendesk = sandbox.post("connect", {"helpdesk": "zendesk", "url": f"{hooks}/hooks/zendesk", "mode": "trigger"})
    sandbox.post(
        "connect",
        {
            "helpdesk": "freshdesk",
            "url": f"{hooks}/hooks/freshdesk",
            "mode": "advanced",
            "secret": freshdesk_secret,
            "header": "X-Makeright-Secret",
        },
    )
    for name, secret in {
        "zendesk-client-secret": _CLIENT_SECRET,
        "zendesk-hook-secret": zendesk["signing_secret"],
        "freshdesk-api-key": _AGENT_KEY,
        "freshdesk-hook-secret": freshdesk_secret,
    }.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(secret)
    for helpdesk in HELPDESKS:
        _install_app(sandbox, folder, helpdesk, hooks)
    file = folder / "makeright.toml"
    file.write_text(
        _CONFIG.format(
            listen=hooks.removeprefix("http://"),
            hooks=hooks,
            extra=extra,
            account_extra=account_extra,
            sandbox=sandbox.url,
            level=level,
            client_id=_CLIENT_ID,
            zendesk_field=_zendesk_field(sandbox.url),
            freshdesk_field=_freshdesk_field(sandbox.url),
        )
    )
    return file


def _install_app(sandbox: SandboxClient, folder: Path, helpdesk: str, url: str) -> None:
    """Build the sidebar app and install it in the sandbox, as an admin does with the zip and the secret."""
    secret = os.urandom(24).hex()
    path = folder / f"{helpdesk}-sidebar-secret"
    path.touch(mode=0o600)
    path.write_text(secret)
    settings = {
        "zendesk": {"makeright_url": url, "account": "zendesk", "sidebar_secret": secret},
        "freshdesk": {"sidebar_token": secret},
    }
    data = app_zip(helpdesk, AppBuild(helpdesk, url, version("makeright"), local=True))
    wish = {"helpdesk": helpdesk, "zip": base64.b64encode(data).decode(), "settings": settings[helpdesk]}
    sandbox.post("apps", wish)


def _zendesk_field(url: str) -> str:
    """The field that an admin makes for us, here by API; its id."""
    options = [{"name": complaint.words.capitalize(), "value": f"makeright_{complaint}"} for complaint in Complaint]
    field = {"type": "tagger", "title": FIELD_TITLE, "custom_field_options": options}
    auth = ("service@acme.example/token", "sandbox-api-token")
    made = _admin(f"{url}/zendesk/api/v2/ticket_fields", {"ticket_field": field}, auth)
    return str(made["ticket_field"]["id"])


def _freshdesk_field(url: str) -> str:
    """The same on Freshdesk; its name."""
    choices = [
        {"value": complaint.replace("_", " ").capitalize(), "position": at} for at, complaint in enumerate(Complaint, 1)
    ]
    field = {"type": "custom_dropdown", "label": FIELD_TITLE, "label_for_customers": FIELD_TITLE, "choices": choices}
    made = _admin(f"{url}/freshdesk/api/v2/admin/ticket_fields", field, ("sandbox-admin-key", "X"))
    return str(made["name"])


def _admin(url: str, body: Mapping[str, Any], auth: tuple[str, str]) -> Any:
    answer = requests.post(url, json=body, auth=auth, timeout=30)
    answer.raise_for_status()
    return answer.json()


_CONFIG = """\
# Written by `makeright demo`: both helpdesks are a sandbox on this machine.
[service]
public_url = "{hooks}"
listen = "{listen}"
data_folder = "."
database_url = "sqlite:///makeright.db"
{extra}

[accounts.zendesk]
helpdesk = "zendesk"
subdomain = "sandbox"
base_url = "{sandbox}/zendesk"
auth = {{ client_id = "{client_id}", client_secret = "file:zendesk-client-secret" }}
webhook_secrets = ["file:zendesk-hook-secret"]
sidebar_secrets = ["file:zendesk-sidebar-secret"]
level = "{level}"
fields = {{ complaint = "{zendesk_field}" }}
share = 1.0
sweep = {{ every_minutes = 0.25 }}
{account_extra}

[accounts.freshdesk]
helpdesk = "freshdesk"
domain = "sandbox.freshdesk.com"
base_url = "{sandbox}/freshdesk"
api_key = "file:freshdesk-api-key"
plan = "enterprise"
webhook_secrets = ["file:freshdesk-hook-secret"]
sidebar_secrets = ["file:freshdesk-sidebar-secret"]
level = "{level}"
fields = {{ complaint = "{freshdesk_field}" }}
share = 1.0
sweep = {{ every_minutes = 0.25 }}
{account_extra}
"""


def send(sandbox: SandboxClient, helpdesk: str, ticket: DemoTicket) -> str:
    """Send one customer's message; returns the id of the ticket that the helpdesk made of it."""
    name = ticket.name or f"Customer {ticket.id}"
    address = "".join(letter if letter.isalnum() else "." for letter in name.lower()).strip(".")
    made = sandbox.post(
        "tickets",
        {
            "helpdesk": helpdesk,
            "subject": ticket.subject or " ".join(ticket.text.split())[:60] or "(no subject)",
            "text": ticket.text,
            "requester": {"name": name, "email": f"{address}@customers.example"},
        },
    )
    return str(made["id"])


def wait_for(ready: Callable[[], bool], what: str, *, alive: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until `ready`; raises RuntimeError after START_SECONDS or when `alive` has ended."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if alive is not None and alive.poll() is not None:
            raise RuntimeError(f"{what} ended with status {alive.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not start within {START_SECONDS:.0f} seconds")
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5, proxies={"http": "", "https": ""}).ok
    except requests.RequestException:
        return False


def free_port(preferred: int) -> int:
    """`preferred` if nothing listens there, else any free port of this machine."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError("no free port")

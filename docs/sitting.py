"""Plays the first sitting at real terminals, on the sandbox, and records what was typed and shown: docs/sitting-*.txt.

Run by `make sitting`. Every command is typed into a shell as a person types it, and nothing else touches a file. What a
person does in the helpdesk's own pages goes through the sandbox's API instead, and stands in the record in brackets.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pexpect
import requests

from integration.demo import SandboxClient, free_port, running_sandbox

HERE = Path(__file__).parent
ROOT = HERE.parent
# As many as run unless the configuration says otherwise.
WORKERS = 2
WIDTH, HEIGHT = 110, 50
PATIENCE_SECONDS = 240
# Begins every prompt of the shell, so that no line of output is taken for one; it is not shown.
_MARK = "\x1e"
# Stands in an answer for the address of this service.
_SERVICE = "SERVICE"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x07|" + _MARK)
# What another day or another machine would say otherwise.
_PASSING = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "…"),
        (r"worker-\d", "worker"),
        (r"pid=\d+", "pid=…"),
        (r"(?<=decision=)[0-9a-f]{16}|(?<=mr-)[0-9a-f]{16}", "…"),
        (r"(?<=│ )[0-9a-f]{16}(?= │)", f"{'…':16}"),
        (r"\d+\.\d GB free", "… GB free"),
        (r"\d+ (second|minute)s? ago", "… ago"),
        (r"within \d+ s of", "within … s of"),
        (r"\d+ of (\d+) calls left", r"… of \1 calls left"),
        (r"\d+ calls left this minute", "… calls left this minute"),
        (r"\b\d{10,}\b", "…"),
    )
]
# Stands above every record.
_PREFACE = """\
The first sitting on {platform}, recorded by `make sitting` at two terminals. The helpdesk is the sandbox on the same machine;
what is done in its pages is done through its API and stands in [brackets]. An ellipsis (…) stands for what differs from run
to run: times, process and record numbers, free disk, calls left. Folder and ports are those of the example.

"""
FIRST, SECOND = "first terminal", "second terminal"
CUSTOMER = {"name": "Robin Vale", "email": "robin@customers.example"}
COMPLAINTS = (
    "You promised to call me back on Monday. Nobody called me back, I am still waiting for that callback.",
    "I was told somebody would ring me yesterday. Nobody called, and this is the third time I ask for a call back.",
)


@dataclass(frozen=True, slots=True)
class Platform:
    """`answers` are the questions of `makeright init` and what is typed there; `auth` is an administrator's."""

    name: str
    account: str
    api: str
    auth: tuple[str, str]
    answers: tuple[tuple[str, str], ...]


PLATFORMS = {
    "zendesk": Platform(
        "Zendesk",
        "acme",
        "zendesk/api/v2",
        ("service@acme.example/token", "sandbox-api-token"),
        (
            ("Public address of this service:", _SERVICE),
            ("Name of the account:", "acme"),
            ("Helpdesk [1]:", "2"),
            ("How Makeright signs in [1]:", "1"),
            ("Subdomain:", "acme"),
            ("Identifier of the OAuth client [makeright]:", ""),
            ("Secret of the OAuth client (not shown; or env:NAME, file:PATH):", "sandbox-client-secret"),
            ("Hours [1]:", "1"),
            ("empty for none:", "US-NY"),
        ),
    ),
    "freshdesk": Platform(
        "Freshdesk",
        "pets",
        "freshdesk/api/v2",
        ("sandbox-admin-key", "X"),
        (
            ("Public address of this service:", _SERVICE),
            ("Name of the account:", "pets"),
            ("Helpdesk [1]:", "1"),
            ("Domain:", "pets.freshdesk.com"),
            ("API key of the agent Makeright writes as (not shown; or env:NAME, file:PATH):", "sandbox-agent-key"),
            ("API key of an administrator (not shown; or env:NAME, file:PATH):", "sandbox-admin-key"),
            ("Plan [1]:", "enterprise"),
            ("Hours [1]:", "1"),
            ("empty for none:", "US-NY"),
        ),
    ),
}


@dataclass
class Record:
    """What was seen, in order: each scene has a place and a text. `known` are words of this machine and this hour, and
    what stands for them."""

    scenes: list[tuple[str, str]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def add(self, place: str, text: str) -> None:
        if self.scenes and self.scenes[-1][0] == place:
            self.scenes[-1] = (place, self.scenes[-1][1] + text)
        else:
            self.scenes.append((place, text))

    def text(self) -> str:
        said = "\n\n".join(
            f"----- {place} -----\n{shown.strip(chr(10))}" for place, shown in self.scenes if shown.strip()
        )
        for ours, everybodys in self.known.items():
            said = said.replace(ours, everybodys)
        for pattern, everybodys in _PASSING:
            said = pattern.sub(everybodys, said)
        return "\n".join(line.rstrip() for line in said.splitlines()) + "\n"


class Terminal:
    """A shell in a terminal of its own; `busy` while a command runs in it."""

    def __init__(self, place: str, record: Record, folder: Path, environment: Mapping[str, str]) -> None:
        self._place, self._record = place, record
        self._shell: pexpect.spawn[str] = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile", "--noediting"],
            cwd=str(folder),
            env={**environment, "PS1": f"{_MARK}$ ", "TERM": "dumb", "COLUMNS": str(WIDTH), "LINES": str(HEIGHT)},
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
            dimensions=(HEIGHT, WIDTH),
        )
        self.busy = True
        self.prompt()

    def types(self, words: str, *, key: bool = False) -> None:
        """A line and Enter; with `key`, the keys alone."""
        if not self.busy:
            self._record.add(self._place, "$ ")
        self.busy = True
        self._shell.send(words if key else f"{words}\n")

    def sees(self, words: str) -> str:
        """Waits for these words; returns what was shown up to and with them."""
        self._shell.expect_exact(words)
        shown = _plain(str(self._shell.before) + words)
        self._record.add(self._place, shown)
        return shown

    def prompt(self) -> str:
        """Waits until the shell asks for the next command."""
        self._shell.expect_exact(f"{_MARK}$ ")
        shown = _plain(str(self._shell.before))
        self._record.add(self._place, shown)
        self.busy = False
        return shown

    def runs(self, command: str) -> str:
        """Types a command and waits for its end; returns what it showed."""
        self.types(command)
        return self.prompt()

    def closes(self) -> None:
        """Whatever still runs in it is ended by Ctrl-C first, as a person would."""
        if self.busy:
            self.types("\x03", key=True)
            self.prompt()
        self._shell.close(force=True)


def _plain(shown: str) -> str:
    return _ESCAPES.sub("", shown).replace("\r\n", "\n").replace("\r", "\n")


@dataclass
class Sitting:
    """One person, two terminals, a helpdesk. The steps come in the order in which they stand here."""

    platform: Platform
    sandbox: SandboxClient
    service: str
    folder: Path
    first: Terminal
    second: Terminal
    record: Record

    def connects(self) -> str:
        self.first.types(f"makeright init --set base_url={self.sandbox.url}/{self.platform.api.partition('/')[0]}")
        said = ""
        for question, answer in self.platform.answers:
            said += self.first.sees(question)
            self.first.types(self.service if answer == _SERVICE else answer)
        return said + self.first.prompt()

    def starts(self) -> None:
        self.second.types("makeright up")
        self.second.sees("Ready.")
        self.second.sees("\n")

    def checks(self) -> str:
        return self.first.runs(f"makeright check {self.platform.account}")

    def provisions(self) -> str:
        """Where clicks are left to a person, they come in between, and the same command once more."""
        said = self._provision()
        if "they are yours:" in said:
            self._click(said)
            return self._provision()
        # The secret that came with the webhook is a file of the configuration: the service takes it up.
        self._takes_up()
        return said

    def a_customer_writes(self, text: str) -> int:
        """Returns the ticket's number, once the second terminal says that it was read."""
        helpdesk = self.platform.name.lower()
        wish = {"helpdesk": helpdesk, "subject": "My request", "text": text, "requester": CUSTOMER}
        number = int(self.sandbox.post("tickets", wish)["id"])
        self.record.add(f"{self.platform.name}, as a customer", f"[{CUSTOMER['name']} writes]\n{text}\n")
        self.second.sees("ticket_done")
        self.second.sees("\n")
        return number

    def judges(self) -> str:
        self.first.types(f"makeright report shadow {self.platform.account} --judge")
        self.first.sees("uit ")
        self.first.types("r", key=True)
        return self.first.prompt()

    def goes_live(self) -> str:
        said = self.first.runs(f"makeright level {self.platform.account} annotate")
        self._takes_up()
        return said

    def looks_at(self, number: int) -> Mapping[str, Any]:
        """The ticket as the helpdesk's API gives it: `tags`, `field`, and the internal notes."""
        found = _zendesk_ticket(self, number) if self.platform.name == "Zendesk" else _freshdesk_ticket(self, number)
        words = [f"[ticket {number}, read through the API]", f"tags: {' '.join(sorted(found['tags']))}"]
        words += [f"field Complaint: {found['field']}"]
        words += [f"internal note:\n{note}" for note in found["notes"]]
        self.record.add(f"{self.platform.name}, as an agent", "\n".join(words) + "\n")
        return found

    def stops(self) -> str:
        said = self.first.runs("makeright down")
        self.second.prompt()
        return said

    def _takes_up(self) -> None:
        """Waits until the second terminal says that a change of the configuration has reached every worker."""
        self.second.sees("configuration_in_force")
        for _ in range(WORKERS):
            self.second.sees("worker_ready")
        self.second.sees("\n")

    def _provision(self) -> str:
        self.first.types(f"makeright provision {self.platform.account}")
        said = self.first.sees("helpdesk? [y/N]:")
        self.first.types("y")
        return said + self.first.prompt()

    def _click(self, steps: str) -> None:
        """What the person makes of the steps on the terminal: the rule for new tickets, and the switch."""
        file = _between(steps, "the first line of the file ", "\n")
        secret = self.first.runs(f"cat {file}").split()[-1]
        self.record.known[secret] = "(here stands the secret)"
        mail = {"resource_type": "ticket", "field_name": "source", "value": [1]}
        conditions = {
            "name": "condition_set_1",
            "match_type": "any",
            "properties": [{**mail, "operator": "in"}, {**mail, "operator": "not_in"}],
        }
        action = {
            "field_name": "trigger_webhook",
            "request_type": "POST",
            "url": _between(steps, "URL `", "`"),
            "custom_headers": {_between(steps, "at its end: `", ": `"): secret},
            "content": {
                "content_layout": "advanced",
                "content_type": "JSON",
                "content": _between(steps, "content Advanced: ", "\n"),
            },
        }
        name = _between(steps, "Name: `", "`")
        self.api("POST", "automations/1/rules", {"name": name, "conditions": [conditions], "actions": [action]})
        self.sandbox.post("plan", {"cascading_rules": True})
        self.record.add("Freshdesk, as an administrator", f"[clicks the steps above: the rule {name!r}, the switch]\n")

    def api(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.sandbox.url}/{self.platform.api}/{path}"
        answer = requests.request(method, url, json=body, auth=self.platform.auth, timeout=60)
        answer.raise_for_status()
        return answer.json()


def _zendesk_ticket(sitting: Sitting, number: int) -> Mapping[str, Any]:
    ticket = sitting.api("GET", f"tickets/{number}.json")["ticket"]
    comments = sitting.api("GET", f"tickets/{number}/comments.json")["comments"]
    fields = sitting.api("GET", "ticket_fields.json")["ticket_fields"]
    ours = next(one["id"] for one in fields if one["title"] == "Complaint")
    return {
        "tags": ticket["tags"],
        "field": next(one["value"] for one in ticket["custom_fields"] if one["id"] == ours),
        "notes": [one["plain_body"] for one in comments if not one["public"]],
    }


def _freshdesk_ticket(sitting: Sitting, number: int) -> Mapping[str, Any]:
    ticket = sitting.api("GET", f"tickets/{number}?include=conversations")
    return {
        "tags": ticket["tags"],
        "field": ticket["custom_fields"].get("cf_complaint"),
        "notes": [one["body_text"] for one in ticket["conversations"] if one["private"]],
    }


def _between(text: str, before: str, after: str) -> str:
    return text.partition(before)[2].partition(after)[0].strip()


@contextmanager
def sitting_down(helpdesk: str, *, sandbox_port: int = 8090, service_port: int = 8080) -> Iterator[Sitting]:
    """A sandbox, an empty folder, and two terminals in it. A port that is taken, or 0, becomes any free one."""
    platform, record = PLATFORMS[helpdesk], Record()
    with (
        tempfile.TemporaryDirectory(prefix="mr") as home,
        running_sandbox(free_port(sandbox_port), log=Path(home) / "sandbox.log") as sandbox,
    ):
        folder, commands = Path(home) / "makeright", Path(home) / "bin"
        folder.mkdir()
        commands.mkdir()
        makeright = commands / "makeright"
        makeright.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m integration.cli "$@"\n')
        makeright.chmod(0o755)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAKERIGHT_")},
            "PATH": f"{commands}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        }
        service = f"http://127.0.0.1:{free_port(service_port)}"
        record.known[str(folder.resolve())] = "/home/you/makeright"
        record.known[sandbox.url.partition("//")[2]] = "127.0.0.1:8090"
        record.known[service.partition("//")[2]] = "127.0.0.1:8080"
        first, second = (Terminal(place, record, folder, environment) for place in (FIRST, SECOND))
        try:
            yield Sitting(platform, sandbox, service, folder, first, second, record)
        finally:
            for terminal in (first, second):
                terminal.closes()


def play(sitting: Sitting) -> None:
    sitting.connects()
    sitting.starts()
    sitting.checks()
    sitting.provisions()
    sitting.a_customer_writes(COMPLAINTS[0])
    sitting.checks()
    sitting.judges()
    sitting.goes_live()
    number = sitting.a_customer_writes(COMPLAINTS[1])
    sitting.looks_at(number)
    sitting.stops()


def main() -> int:
    for helpdesk in sys.argv[1:] or PLATFORMS:
        file = HERE / f"sitting-{helpdesk}.txt"
        with sitting_down(helpdesk) as sitting:
            try:
                play(sitting)
            finally:
                file.write_text(_PREFACE.format(platform=sitting.platform.name) + sitting.record.text(), "utf-8")
        print(file)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

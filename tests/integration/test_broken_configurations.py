"""Every broken configuration is told by one message: the place with its line, the value (never a secret), the fix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from integration.cli import main
from integration.settings import SettingsError, load_settings

GOOD = """\
[service]
public_url = "https://makeright.example.com"
database_url = "sqlite:///var/m.db"
workers = 2

[alerts]
urls = ["env:ALERTS"]
quiet_hours = "22:00-07:00"

[accounts.acme]
helpdesk = "zendesk"
subdomain = "acme"
level = "annotate"
auth = { client_id = "makeright", client_secret = "env:CLIENT_SECRET" }
webhook_secrets = ["env:HOOK_SECRET", "file:old-secret"]
sidebar_secrets = ["env:SIDEBAR_SECRET"]
fields = { complaint = "360001" }
tag_prefix = "mr_"
share = 0.8
playbook = "acme.toml"
sweep = { every_minutes = 5, reach_hours = 48 }
thresholds.no_callback = { show = 0.4, preselect = 0.6, write = 0.8 }

[accounts.acme.calendar]
time_zone = "America/New_York"
hours = { mon-fri = ["09:00-17:00"] }
holidays = "US-NY"
closures = ["2026-12-24"]

[accounts.acme.brands.uk]
calendar = { time_zone = "Europe/London", always = true }

[accounts.pets]
helpdesk = "freshdesk"
domain = "pets.freshdesk.com"
api_key = "env:API_KEY"
plan = "growth"
webhook_secrets = ["env:PETS_SECRET"]
"""
SECRETS = {
    "ALERTS": "slack://alerts-value",
    "CLIENT_SECRET": "client-value",
    "HOOK_SECRET": "hook-value",
    "SIDEBAR_SECRET": "sidebar-value-that-is-long-enough-for-it",
    "API_KEY": "api-value",
    "PETS_SECRET": "pets-value",
}
LITERAL = "literal-value"


@dataclass(frozen=True)
class Broken:
    """`old` becomes `new`; the message names `key`, stands at the line that starts with `line`, and says `says`."""

    name: str
    old: str
    new: str
    key: str
    line: str
    says: tuple[str, ...]


BROKEN = [
    Broken("wrong type, number", "workers = 2", 'workers = "two"', "service.workers", "workers", ("'two'", "whole number without quotes")),
    Broken("wrong type, text", 'subdomain = "acme"', "subdomain = 7", "accounts.acme.subdomain", "subdomain", ("7", "text in quotes")),
    Broken("wrong type, list", '["env:ALERTS"]', '"env:ALERTS"', "alerts.urls", "urls", ("write a list",)),
    Broken("wrong type, table", "fields = {", 'fields = "complaint" # {', "accounts.acme.fields", "fields", ("'complaint'", "write a table")),
    Broken("out of range", "workers = 2", "workers = 0", "service.workers", "workers", ("0", "from 1 to 64")),
    Broken("unknown section", "[alerts]", "[alert]", "alert", "[alert]", ("did you mean 'alerts'?",)),
    Broken("unknown service key", "workers = 2", "worker = 2", "service.worker", "worker", ("did you mean 'workers'?",)),
    Broken("unknown account key", "subdomain =", "subdomian =", "accounts.acme.subdomian", "subdomian", ("did you mean 'subdomain'?",)),
    Broken("unknown key of ours in an account", "share = 0.8", "shares = 0.8", "accounts.acme.shares", "shares", ("did you mean 'share'?",)),
    Broken("unknown key without a likeness", "share = 0.8", "zzz = 0.8", "accounts.acme.zzz", "zzz", ("there are", "webhook_secrets", "subdomain")),
    Broken("unknown key of auth", "client_id =", "client =", "accounts.acme.auth.client", "auth", ("did you mean 'client_id'?",)),
    Broken("unknown key of the sweep", "reach_hours", "reach", "accounts.acme.sweep.reach", "sweep", ("did you mean 'reach_hours'?",)),
    Broken("unknown calendar key", "holidays =", "holiday =", "accounts.acme.calendar.holiday", "holiday", ("did you mean 'holidays'?",)),
    Broken("unknown zone", '"America/New_York"', '"America/New York"', "accounts.acme.calendar.time_zone", "time_zone", ("'America/New York'", "did you mean America/New_York")),
    Broken("bad hours", "09:00-17:00", "17:00-09:00", "accounts.acme.calendar.hours.mon-fri.0", "hours", ("a span ends after it starts",)),
    Broken("bad weekday", "mon-fri", "mon-fry", "accounts.acme.calendar.hours.mon-fry", "hours", ("'fry' is no day of the week",)),
    Broken("unknown holiday country", '"US-NY"', '"UK"', "accounts.acme.calendar.holidays", "holidays", ("'UK'", "did you mean GB?")),
    Broken("unknown holiday region", '"US-NY"', '"US-XX"', "accounts.acme.calendar.holidays", "holidays", ("'US-XX'", "its parts: ")),
    Broken("bad closure", '"2026-12-24"', '"2026-12-32"', "accounts.acme.calendar.closures.0", "closures", ("there is no such date",)),
    Broken("broken brand", "always = true", "alwais = true", "accounts.acme.brands.uk.calendar.alwais", "calendar", ("did you mean 'always'?",)),
    Broken("brand that is no table", "[accounts.acme.brands.uk]", "[accounts.acme.brands]\nuk = 1\n[accounts.acme.brands.de]", "accounts.acme.brands.uk", "uk", ("write a table",)),
    Broken("missing environment variable", "env:CLIENT_SECRET", "env:NOT_SET", "accounts.acme.auth.client_secret", "auth", ("set the environment variable NOT_SET",)),
    Broken("missing secret file", "file:old-secret", "file:nowhere", "accounts.acme.webhook_secrets.1", "webhook_secrets", ("put the secret into the file nowhere",)),
    Broken("empty secret file", "file:old-secret", "file:empty", "accounts.acme.webhook_secrets.1", "webhook_secrets", ("missing or empty",)),
    Broken("no webhook secret", 'webhook_secrets = ["env:PETS_SECRET"]', "", "accounts.pets.webhook_secrets", "[accounts.pets]", ("is missing", "env:NAME")),
    Broken("too many webhook secrets", '"file:old-secret"]', '"file:old-secret", "env:API_KEY"]', "accounts.acme.webhook_secrets", "webhook_secrets", ("two secrets at most",)),
    Broken("inline webhook secret", '"env:HOOK_SECRET"', f'"{LITERAL}"', "accounts.acme.webhook_secrets.0", "webhook_secrets", ("env:NAME or file:PATH",)),
    Broken("inline API key", '"env:API_KEY"', f'"{LITERAL}"', "accounts.pets.api_key", "api_key", ("env:NAME or file:PATH",)),
    Broken("inline alert address", '"env:ALERTS"', f'"slack://{LITERAL}"', "alerts.urls.0", "urls", ("env:NAME or file:PATH",)),
    Broken("auth as text", 'auth = {', f'auth = "{LITERAL}" # {{', "accounts.acme.auth", "auth", ("write a table",)),
    Broken("inline database password", '"sqlite:///var/m.db"', f'"postgresql://m:{LITERAL}@db/m"', "service.database_url", "database_url", ("env:NAME", "://***@db/m")),
    Broken("unknown database", "sqlite:///var/m.db", "mysql://root@localhost/m", "service.database_url", "database_url", ("sqlite:///path",)),
    Broken("short sidebar secret", "env:SIDEBAR_SECRET", "env:API_KEY", "accounts.acme.sidebar_secrets", "sidebar_secrets", ("32 characters", "openssl rand")),
    Broken("http public address", "https://makeright", "http://makeright", "service.public_url", "public_url", ("'http://makeright.example.com'", "https://")),
    Broken("http helpdesk", 'subdomain = "acme"', 'base_url = "http://acme.example.com"', "accounts.acme.base_url", "base_url", ("must use https",)),
    Broken("password in the helpdesk's address", 'subdomain = "acme"', f'base_url = "https://me:{LITERAL}@a.example.com"', "accounts.acme.base_url", "base_url", ("user name or password",)),
    Broken("no helpdesk address", 'subdomain = "acme"', "", "accounts.acme", "[accounts.acme]", ("subdomain is missing", 'subdomain = "acme"')),
    Broken("host name for a subdomain", 'subdomain = "acme"', 'subdomain = "acme.zendesk.com"', "accounts.acme.subdomain", "subdomain", ("only the part before .zendesk.com",)),
    Broken("account declared twice", "[accounts.pets]", "[accounts.acme]", "accounts.acme", "[accounts.acme]", ("stands there twice", "another name")),
    Broken("one helpdesk as two accounts", "[accounts.pets]", '[accounts.twin]\nhelpdesk = "zendesk"\nsubdomain = "acme"\nauth = { client_id = "m", client_secret = "env:CLIENT_SECRET" }\nwebhook_secrets = ["env:HOOK_SECRET"]\n[accounts.pets]', "accounts.twin", "[accounts.twin]", ("the same zendesk as accounts.acme", "annotated twice")),
    Broken("key set twice", "workers = 2", "workers = 2\nworkers = 3", "", "workers = 3", ("stands there twice",)),
    Broken("bad account name", "[accounts.pets]", '[accounts."pets & co"]', "accounts.pets & co", '[accounts."pets', ("letters, digits",)),
    Broken("account that is no section", "[alerts]", "[accounts]\nother = 3\n[alerts]", "accounts.other", "other", ("must be a section",)),
    Broken("bad level", '"annotate"', '"anotate"', "accounts.acme.level", "level", ("'anotate'", "shadow, suggest, annotate")),
    Broken("unknown helpdesk", '"zendesk"', '"zendsk"', "accounts.acme.helpdesk", "helpdesk", ("'zendsk'", "did you mean 'zendesk'?")),
    Broken("no helpdesk", 'helpdesk = "freshdesk"', "", "accounts.pets.helpdesk", "[accounts.pets]", ("is missing",)),
    Broken("unknown plan", '"growth"', '"groth"', "accounts.pets.plan", "plan", ("'groth'", "trial, growth, pro, enterprise")),
    Broken("thresholds out of order", "write = 0.8", "write = 0.5", "accounts.acme.thresholds.no_callback", "thresholds", ("none below the one before",)),
    Broken("threshold above one", "write = 0.8", "write = 1.5", "accounts.acme.thresholds.no_callback", "thresholds", ("between 0 and 1",)),
    Broken("threshold as a percentage", "write = 0.8", 'write = "80%"', "accounts.acme.thresholds.no_callback.write", "thresholds", ("'80%'", "a number without quotes")),
    Broken("unknown complaint", "thresholds.no_callback", "thresholds.no_calback", "accounts.acme.thresholds.no_calback", "thresholds", ("'no_calback'", "did you mean 'no_callback'?")),
    Broken("long tag prefix", '"mr_"', '"Makeright-"', "accounts.acme.tag_prefix", "tag_prefix", ("'Makeright-'", "a-z, 0-9 and _")),
    Broken("share of everything and more", "share = 0.8", "share = 80", "accounts.acme.share", "share", ("80", "from 0.05 to 1.0")),
    Broken("quiet hours", '"22:00-07:00"', '"10pm"', "alerts.quiet_hours", "quiet_hours", ("'10pm'", "22:00-07:00")),
    Broken("missing playbook", '"acme.toml"', '"nowhere.toml"', "accounts.acme.playbook", "playbook", ("'nowhere.toml'", "name a file")),
    Broken("broken playbook", '"acme.toml"', '"broken.toml"', "accounts.acme.playbook", "playbook", ("broken.toml:2", "'regret'", "did you mean 'regret_only'?")),
    Broken("broken template", '"acme.toml"', '"template.toml"', "accounts.acme.playbook", "playbook", ("template.toml:3", "greeting")),
    Broken("broken TOML", "[service]", "[service", "", "[service", ("is not TOML", "correct this line")),
    Broken("unclosed text", 'level = "annotate"', 'level = "annotate', "", "level", ("is not TOML",)),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for name, text in {
        "old-secret": "old-value\n",
        "empty": "\n",
        "acme.toml": 'version = "1"\n',
        "broken.toml": 'version = "1"\napology = { policy = "regret" }\n',
        "template.toml": 'version = "1"\n[voices.plain]\ngreeting = "Hello {{ nam }},"\n',
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_configuration_that_is_broken_below_is_sound(folder: Path) -> None:
    (folder / "makeright.toml").write_text(GOOD)
    assert set(load_settings(folder / "makeright.toml").accounts) == {"acme", "pets"}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_configuration_gives_one_message_with_place_value_and_fix(folder: Path, broken: Broken) -> None:
    assert GOOD.count(broken.old) >= 1
    text = GOOD.replace(broken.old, broken.new, 1)
    file = folder / "makeright.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    (problem,) = caught.value.problems
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(broken.line)]
    assert problem.where in {f"{file}:{number}" for number in lines}
    assert problem.path == broken.key
    for words in broken.says:
        assert words in str(problem)
    for secret in (*SECRETS.values(), LITERAL, "old-value"):
        assert secret not in str(problem)


@pytest.mark.parametrize("command", [["check"], ["check", "--json"], ["up"], ["worker"], ["level", "acme", "shadow"]])
def test_every_command_refuses_a_broken_configuration_with_that_message(folder: Path, command: list[str]) -> None:
    (folder / "makeright.toml").write_text(GOOD.replace("workers = 2", 'workers = "two"'))
    done = CliRunner(env={"COLUMNS": "300"}).invoke(main, ["--config", str(folder / "makeright.toml"), *command])
    assert done.exit_code in (1, 2)
    assert isinstance(done.exception, SystemExit)
    for part in ("makeright.toml:4", "service.workers", "'two'", "whole number without quotes"):
        assert part in done.output

"""The configuration file: what is read from it, and what each mistake is answered with."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from integration.complaints.reading import Thresholds
from integration.complaints.taxonomy import Complaint
from integration.settings import Level, Settings, SettingsError, load_settings

GOOD = """
[service]
public_url = "https://makeright.example.com"
database_url = "sqlite:///var/m.db"

[accounts.acme]
helpdesk = "zendesk"
subdomain = "acme"
level = "annotate"
auth = { client_id = "makeright", client_secret = "env:ACME_CLIENT_SECRET" }
webhook_secrets = ["env:ACME_HOOK_SECRET", "file:old-secret"]
fields = { complaint = "360001" }
tag_prefix = "mr_"
sweep = { every_minutes = 5, reach_hours = 48 }
thresholds.no_callback = { show = 0.4, preselect = 0.6, write = 0.8 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACME_CLIENT_SECRET", "client-secret-value")
    monkeypatch.setenv("ACME_HOOK_SECRET", "hook-secret-value")
    (tmp_path / "old-secret").write_text("old-secret-value\n")
    return tmp_path


def load(folder: Path, text: str) -> Settings:
    file = folder / "makeright.toml"
    file.write_text(text)
    return load_settings(file)


def test_a_good_file_becomes_settings(folder: Path) -> None:
    settings = load(folder, GOOD)
    acme = settings.accounts["acme"]
    assert (acme.kind, acme.level, acme.tag_prefix) == ("zendesk", Level.ANNOTATE, "mr_")
    assert acme.sweep_every == timedelta(minutes=5)
    assert acme.sweep_reach == timedelta(hours=48)
    assert [secret.reveal() for secret in acme.account.webhook_secrets] == ["hook-secret-value", "old-secret-value"]
    assert acme.account.fields == {"complaint": "360001"}
    assert acme.thresholds == {Complaint.NO_CALLBACK: Thresholds(0.4, 0.6, 0.8)}
    assert not acme.account.sandbox


def test_paths_are_relative_to_the_file(folder: Path) -> None:
    settings = load(folder, GOOD)
    assert settings.service.database_url == f"sqlite:///{folder}/var/m.db"
    assert settings.service.data_folder == folder / "var"


def test_an_account_starts_in_shadow_mode(folder: Path) -> None:
    settings = load(folder, GOOD.replace('level = "annotate"\n', ""))
    assert settings.accounts["acme"].level is Level.SHADOW


def test_a_loopback_base_url_makes_a_sandbox(folder: Path) -> None:
    settings = load(folder, GOOD + 'base_url = "http://127.0.0.1:8090/zendesk"\n')
    assert settings.accounts["acme"].account.sandbox


def test_no_secret_shows_in_a_repr(folder: Path) -> None:
    shown = repr(load(folder, GOOD))
    for secret in ("client-secret-value", "hook-secret-value", "old-secret-value"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("change", "place", "fix"),
    [
        (('level = "annotate"', 'level = "annotat"'), "accounts.acme.level: 'annotat'", "shadow, suggest, annotate"),
        (('helpdesk = "zendesk"', 'helpdesk = "zendsk"'), "accounts.acme.helpdesk: 'zendsk'", "zendesk"),
        (('helpdesk = "zendesk"\n', ""), "accounts.acme.helpdesk", "Missing data"),
        (('"env:ACME_HOOK_SECRET"', '"literal-secret"'), "accounts.acme.webhook_secrets.0", "env:NAME or file:PATH"),
        (
            ('"env:ACME_HOOK_SECRET"', '"env:NOT_SET"'),
            "accounts.acme.webhook_secrets.0",
            "set the environment variable NOT_SET",
        ),
        (
            ('"file:old-secret"', '"file:nowhere"'),
            "accounts.acme.webhook_secrets.1",
            "put the secret into the file nowhere",
        ),
        (
            ('webhook_secrets = ["env:ACME_HOOK_SECRET", "file:old-secret"]', ""),
            "accounts.acme.webhook_secrets",
            "without a secret",
        ),
        (("every_minutes = 5", "every_minutes = 0"), "accounts.acme.sweep.every_minutes: 0", "greater than or equal"),
        (("reach_hours = 48", "reach = 48"), "accounts.acme.sweep.reach", "Unknown field"),
        (("write = 0.8", "write = 0.5"), "accounts.acme.thresholds.no_callback", "none below the one before"),
        (("write = 0.8", "write = 1.5"), "accounts.acme.thresholds.no_callback", "between 0 and 1"),
        (("thresholds.no_callback", "thresholds.no_calback"), "accounts.acme.thresholds.no_calback", "no_callback"),
        (('tag_prefix = "mr_"', 'tag_prefix = "Makeright-"'), "accounts.acme.tag_prefix: 'Makeright-'", "a-z"),
        (
            ('subdomain = "acme"', 'subdomain = "acme"\nbase_url = "http://evil.example.com"'),
            "accounts.acme.base_url",
            "must use https",
        ),
        (
            ('subdomain = "acme"', 'subdomain = "acme"\nbase_url = "https://user:pw@acme.example.com"'),
            "accounts.acme.base_url",
            "user name or password",
        ),
        (('subdomain = "acme"', 'subdomian = "acme"'), "accounts.acme.subdomian", "Unknown field"),
        (("[accounts.acme]", '[accounts."acme corp"]'), "accounts.acme corp", "letters, digits"),
        (("[service]", "[servise]"), "servise", "unknown section"),
        (
            ('public_url = "https://makeright.example.com"', 'public_url = "makeright"'),
            "service.public_url: 'makeright'",
            "URL",
        ),
        (("[service]", '[service]\nredis_url = "memcached://x"'), "service.redis_url", "embedded"),
        (("[service]", '[service]\nworkers = "two"'), "service.workers: 'two'", "integer"),
        (("[service]", "[service]\nworkers = 0"), "service.workers: 0", "greater than or equal"),
        (("[service]", '[service]\nlisten = "8080"'), "service.listen: '8080'", ""),
        (("sqlite:///var/m.db", "mysql://root@localhost/m"), "service.database_url", "sqlite:///path"),
        (("[service]", "[service"), "is not TOML", "line"),
        (
            ('tag_prefix = "mr_"', 'calendar = { time_zone = "Mars/Olympus" }'),
            "accounts.acme.calendar.time_zone",
            "zone",
        ),
        (
            ('tag_prefix = "mr_"', 'calendar = { time_zone = "UTC", hours = { mon-fri = ["17:00-09:00"] } }'),
            "accounts.acme.calendar.hours",
            "a span ends after it starts",
        ),
        (
            ('tag_prefix = "mr_"', 'calendar = { time_zone = "UTC", always = true, holidays = "XX-99" }'),
            "accounts.acme.calendar.holidays",
            "US-NY",
        ),
        (('tag_prefix = "mr_"', 'playbook = "nowhere.toml"'), "accounts.acme.playbook: 'nowhere.toml'", "name a file"),
        (('tag_prefix = "mr_"', "brands = { uk = { calender = {} } }"), "accounts.acme.brands.uk", "Unknown field"),
        (("[service]", '[alerts]\nquiet_hours = "10pm"\n[service]'), "alerts.quiet_hours: '10pm'", "22:00-07:00"),
        (("[service]", '[alerts]\nurls = ["slack://token"]\n[service]'), "alerts.urls.0", "env:NAME or file:PATH"),
    ],
)
def test_a_mistake_is_answered_with_place_value_and_fix(
    folder: Path, change: tuple[str, str], place: str, fix: str
) -> None:
    assert change[0] in GOOD
    with pytest.raises(SettingsError) as caught:
        load(folder, GOOD.replace(*change))
    message = "\n".join(caught.value.problems)
    assert place in message
    assert fix in message
    for secret in ("client-secret-value", "hook-secret-value", "literal-secret"):
        assert secret not in message


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(folder, GOOD.replace('"annotate"', '"x"').replace("[service]", "[service]\nworkers = 0"))
    assert len(caught.value.problems) == 2


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="makeright init"):
        load_settings(tmp_path / "none.toml")


def test_a_brand_keeps_its_own_calendar_and_playbook_and_borrows_the_rest(folder: Path) -> None:
    (folder / "uk.toml").write_text('version = "1"\nteam = "the Acme UK team"\n')
    text = (
        GOOD
        + """
[accounts.acme.calendar]
time_zone = "America/New_York"
hours = { mon-fri = ["09:00-17:00"] }
[accounts.acme.brands.uk]
playbook = "uk.toml"
[accounts.acme.brands.in]
calendar = { time_zone = "Asia/Kolkata", always = true }
"""
    )
    acme = load(folder, text).accounts["acme"]
    assert acme.handling("uk").playbook.team == "the Acme UK team"
    assert acme.handling("uk").calendar == acme.handling(None).calendar
    assert acme.handling("in").calendar.zone.key == "Asia/Kolkata"
    assert acme.handling("in").playbook == acme.handling(None).playbook


def test_a_mistake_in_a_playbook_is_told_with_its_line(folder: Path) -> None:
    (folder / "uk.toml").write_text('version = "1"\nprecedence = ["no_calback"]\n')
    with pytest.raises(SettingsError, match=r"accounts\.acme\.playbook: uk\.toml:2"):
        load(folder, GOOD.replace('tag_prefix = "mr_"', 'playbook = "uk.toml"'))


def test_a_hook_secret_that_is_yet_to_come_is_missed_only_by_those_who_need_it(folder: Path) -> None:
    text = GOOD.replace('"env:ACME_HOOK_SECRET", "file:old-secret"', '"file:secrets/acme-hook"')
    with pytest.raises(SettingsError, match="let `makeright provision acme` do so"):
        load(folder, text)
    secrets = load_settings(folder / "makeright.toml", hooks_to_come=True).accounts["acme"].account.webhook_secrets
    assert list(secrets) == []
    (folder / "secrets").mkdir()
    (folder / "secrets" / "acme-hook").write_text("new\nold\n")
    assert [secret.reveal() for secret in secrets] == ["new", "old"]
    with pytest.raises(SettingsError, match="CLIENT"):
        load_settings(_without(folder, "env:ACME_CLIENT_SECRET", "file:nowhere-CLIENT"), hooks_to_come=True)


def _without(folder: Path, old: str, new: str) -> Path:
    file = folder / "makeright.toml"
    file.write_text(file.read_text().replace(old, new))
    return file

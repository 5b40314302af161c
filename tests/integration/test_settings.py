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

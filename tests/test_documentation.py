"""Every command the documentation shows is run here, or by the test that is named for it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from integration.demo import connect, free_port, running_sandbox

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += sorted((ROOT / "adapters").glob("*/README.md"))

# Commands as they stand in code (blocks or inline), and where each is run.
RUN_BY = {
    "make demo": "test_the_demo_plays_its_tickets_and_ends_well",
    "DEMO_ONCE=1 make demo": "test_the_demo_plays_its_tickets_and_ends_well",
    "make test": "this run",
    "make lint": "test_make_knows_the_target",
    "make bench": "test_make_knows_the_target",
    "make requirements": "test_make_knows_the_target",
    "make sitting": "tests/test_sitting.py",
    "makeright check": "test_check_up_and_down_work_on_a_connected_account",
    "makeright init": "tests/integration/cli/test_init.py",
    "makeright level": "tests/integration/test_level_and_reload.py",
    "makeright up": "test_check_up_and_down_work_on_a_connected_account",
    "makeright down": "test_check_up_and_down_work_on_a_connected_account",
    "makeright web": "tests/integration/installation.py starts it",
    "makeright worker": "tests/integration/installation.py starts it",
    "makeright clock": "tests/integration/installation.py starts it",
    "makeright sweep": "test_check_up_and_down_work_on_a_connected_account",
    "makeright restart": "test_check_up_and_down_work_on_a_connected_account",
    "makeright demo": "test_the_demo_plays_its_tickets_and_ends_well",
    ".venv/bin/makeright demo": "test_the_demo_plays_a_file_of_messages",
    "python -m adapters.sandbox --port": "tests/integration/installation.py starts it",
    "makeright sidebar build": "tests/adapters/sidebar/test_package.py",
    "makeright feedback funnel": "tests/integration/test_feedback_commands.py",
    "makeright feedback corrections": "tests/integration/test_feedback_commands.py",
    "makeright openapi": "tests/integration/test_feedback_commands.py",
    "makeright backfill": "tests/integration/test_backfill.py",
    "makeright failed": "tests/integration/test_failed_work.py",
    "makeright replay": "tests/integration/test_failed_work.py",
    "makeright report": "tests/integration/test_failed_work.py",
    "makeright forget": "tests/integration/test_failed_work.py",
    "makeright export": "tests/integration/test_failed_work.py",
    "makeright classify": "tests/integration/complaints",
    "makeright evaluate": "tests/integration/complaints",
    "makeright provision": "tests/integration/test_provision_commands.py",
    "makeright rotate": "tests/integration/test_provision_commands.py",
    "makeright playbook": "tests/integration/recovery/test_playbook_command.py",
    "makeright console password": "tests/integration/web/console/test_sign_in.py",
    "makeright train": "tests/integration/complaints",
    "makeright goodwill": "tests/integration/test_goodwill_run.py",
    "makeright report spend": "tests/integration/test_goodwill_run.py",
    "makeright rehearsal collect": "tests/integration/cli/test_rehearsal.py",
}
_COMMAND = re.compile(r"^(?:DEMO_ONCE=1 )?(?:\.venv/bin/|python3? -m )?(?:make|makeright|adapters\.sandbox) .+$")


def shown() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = page.read_text("utf-8")
        blocks = re.findall(r"```(?:\w*)\n(.*?)```", text, re.DOTALL)
        lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
        for code in [*lines, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))]:
            if _COMMAND.match(code):
                yield page.name, code


@pytest.mark.parametrize(("page", "command"), sorted(set(shown())))
def test_every_command_shown_is_run_by_a_test(page: str, command: str) -> None:
    assert any(command == known or command.startswith(f"{known} ") for known in RUN_BY), (
        f"{page} shows {command!r}: name the test that runs it in RUN_BY"
    )


@pytest.mark.parametrize("target", ["demo", "test", "lint", "bench", "sitting", "requirements"])
def test_make_knows_the_target(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "```\nmake test\n```" in (ROOT / "README.md").read_text()
    assert (ROOT / ".ci" / "run").read_text().rstrip().endswith("make test")


@pytest.mark.xdist_group("demo")
def test_tests_of_one_group_are_run_by_one_process(request: pytest.FixtureRequest) -> None:
    """Two demos at once would want the same ports."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("the tests are run by one process")
    assert request.node.nodeid.endswith("@demo")


def makeright(*words: str, config: Path | None = None, seconds: int = 240) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "integration.cli", *(["--config", str(config)] if config else []), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds)


@pytest.mark.timeout(400)
@pytest.mark.xdist_group("demo")
def test_the_demo_plays_its_tickets_and_ends_well(tmp_path: Path) -> None:
    done = makeright("demo", "--once", "--folder", str(tmp_path / "demo"))
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Agent workspace: http://127.0.0.1:" in done.stderr
    assert "Console:         http://127.0.0.1:" in done.stderr


@pytest.mark.timeout(400)
@pytest.mark.xdist_group("demo")
def test_the_demo_plays_a_file_of_messages(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    texts = [
        "Nobody called me back, I left three voicemails.",
        "Do you sell umbrellas?",
        "👍",
        "",
        "<b>x</b>{{ticket.id}}",
    ]
    file.write_text("".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(texts) if text))
    done = makeright("demo", "--tickets", str(file), "--folder", str(tmp_path / "demo"))
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_file_that_is_no_messages_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "messages.jsonl"
    file.write_text('{"id": 1, "text": "fine"}\n{"id": 2}\n')
    done = makeright("demo", "--tickets", str(file), "--folder", str(tmp_path / "demo"))
    assert done.returncode == 1
    assert "line 2" in done.stderr


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("demo")
def test_check_up_and_down_work_on_a_connected_account(tmp_path: Path) -> None:
    hooks = f"http://127.0.0.1:{free_port(0)}"
    with running_sandbox(free_port(0)) as sandbox:
        config = connect(sandbox, tmp_path, hooks=hooks)
        up = subprocess.Popen(
            [sys.executable, "-m", "integration.cli", "--config", str(config), "up"],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            deadline = time.monotonic() + 60
            while not _ready(hooks):
                assert time.monotonic() < deadline, "it does not come up"
                time.sleep(0.2)
            check = makeright("check", config=config)
            assert check.returncode == 0, check.stdout + check.stderr
            found = [
                json.loads(line) for line in makeright("check", "zendesk", "--json", config=config).stdout.splitlines()
            ]
            assert {line["place"] for line in found} == {"service", "zendesk"}
            swept = makeright("sweep", "--json", config=config)
            assert {json.loads(line)["account"] for line in swept.stdout.splitlines()} == {"zendesk", "freshdesk"}
            assert makeright("restart", config=config).returncode == 0
            assert makeright("down", config=config).returncode == 0
            assert up.wait(30) == 0
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(60)
        assert makeright("check", config=config).returncode == 1


def _ready(hooks: str) -> bool:
    try:
        return requests.get(f"{hooks}/readyz", timeout=2).ok
    except requests.RequestException:
        return False


def test_the_configuration_in_the_readme_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from integration.settings import load_settings

    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert tomllib.loads(example)
    for name in set(re.findall(r"env:(\w+)", example)):
        monkeypatch.setenv(name, f"value-of-{name}")
    for name in re.findall(r"file:([\w/-]+)", example):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("value")
    (tmp_path / "makeright.toml").write_text(example)
    assert set(load_settings(tmp_path / "makeright.toml").accounts) == {"acme", "acme-uk"}


def test_no_page_names_a_file_that_is_not_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"

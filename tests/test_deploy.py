"""What lies in deploy/ fits the program: files parse, commands and paths exist, every metric named is one we have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from integration.app import create_app
from integration.cli import main
from integration.pipeline import metrics
from integration.pipeline.context import Context, build_context
from integration.settings import load_settings

DEPLOY = Path(__file__).parent.parent / "deploy"
_NAME = re.compile(r"\bmakeright_[a-z_]+")


@pytest.fixture
def context(tmp_path: Path, redis: Redis, redis_server: str) -> Iterator[Context]:
    (tmp_path / "secret").write_text("a-secret-value")
    (tmp_path / "makeright.toml").write_text(
        f'[service]\nredis_url = "{redis_server}"\n[accounts.acme]\nhelpdesk = "freshdesk"\ndomain = "acme.freshdesk.com"\n'
        'api_key = "file:secret"\nwebhook_secrets = ["file:secret"]\n'
    )
    made = build_context(load_settings(tmp_path / "makeright.toml"))
    made.store.migrate()
    yield made
    made.store.close()


def scraped(context: Context) -> dict[str, Any]:
    answer = create_app(context).test_client().get("/metrics")
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.get_data(as_text=True))}


def test_what_happens_is_counted(context: Context) -> None:
    client = create_app(context).test_client()
    for secret, body in (("a-secret-value", {"ticket_id": 42}), ("wrong", {}), ("a-secret-value", {"no": "ticket"})):
        client.post("/hooks/acme", json=body, headers={"X-Makeright-Secret": secret})
    metrics.count(context.redis, "makeright_decisions", "acme", "no_callback", "annotate", "written")
    for seconds in (0.4, 45, 90_000):
        metrics.annotated(context.redis, "acme", seconds)
    found = scraped(context)

    def value(family: str, **labels: str) -> float:
        (one,) = [s for s in found[family].samples if s.labels == labels and not s.name.endswith("_created")]
        return float(one.value)

    assert value("makeright_webhooks", account="acme", answer="enqueued") == 1
    assert value("makeright_webhooks", account="acme", answer="unreadable") == 1
    assert [(s.labels["account"], s.value) for s in found["makeright_webhooks_refused"].samples] == [("acme", 1)]
    assert value("makeright_failures_open", account="acme", kind="hook") == 1
    assert value("makeright_queue_jobs", state="waiting") == 1
    buckets = {s.labels["le"]: s.value for s in found["makeright_annotation_seconds"].samples if "le" in s.labels}
    assert (buckets["1"], buckets["60"], buckets["3600"], buckets["+Inf"]) == (1, 2, 2, 3)


def test_without_redis_the_numbers_are_refused_and_the_process_lives(context: Context) -> None:
    context.redis.connection_pool.disconnect()
    context.redis.connection_pool.connection_kwargs["path"] = "/nowhere.sock"
    client = create_app(context).test_client()
    assert client.get("/metrics").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("file", ["grafana.json", "alerts.yaml"])
def test_every_metric_that_is_asked_for_exists(context: Context, file: str) -> None:
    text = (DEPLOY / file).read_text("utf-8")
    content = json.loads(text) if file.endswith("json") else yaml.safe_load(text)
    if file == "grafana.json":
        asked = [target["expr"] for panel in content["panels"] for target in panel["targets"]]
    else:
        rules = [rule for group in content["groups"] for rule in group["rules"]]
        assert all({"alert", "expr", "labels", "annotations"} <= set(rule) for rule in rules)
        asked = [rule["expr"] for rule in rules]
    names = {name for expression in asked for name in _NAME.findall(expression)}
    known = set()
    for family in scraped(context).values():
        known |= {family.name, f"{family.name}_total"} if family.type == "counter" else {family.name}
        known |= {f"{family.name}_{part}" for part in ("bucket", "sum", "count") if family.type == "histogram"}
    assert len(names) >= 6
    assert names <= known


def test_every_part_that_is_started_is_a_command() -> None:
    commands: list[list[str]] = []
    for unit in (DEPLOY / "systemd").glob("*.service"):
        parser = ConfigParser(interpolation=None, strict=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read(unit)
        commands.append(parser["Service"]["ExecStart"].split())
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    commands += [s["command"] for s in compose["services"].values() if s.get("command", [""])[0] == "makeright"]
    for one in yaml.safe_load_all((DEPLOY / "kubernetes" / "makeright.yaml").read_text()):
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            commands += [container["command"]] if "command" in container else []
            assert one["spec"]["selector"]["matchLabels"] == one["spec"]["template"]["metadata"]["labels"]
    assert len(commands) == 7
    assert {command[1] for command in commands} == {"web", "worker", "clock"}
    assert all(command[1] in main.commands for command in commands)


def test_the_image_copies_what_is_there_and_starts_the_application() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in line.split():
            assert (DEPLOY.parent / name).exists(), name
    assert '"integration.app:wsgi()"' in text
    compile((DEPLOY / "gunicorn.conf.py").read_text(), "gunicorn.conf.py", "exec")

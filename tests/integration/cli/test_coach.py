"""`makeright coach` as a program would use it: lines in, lines out."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from integration.cli.coach import coach


def run(text: str, *options: str) -> Result:
    return CliRunner().invoke(coach, [*options], input=text)


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_lines_are_answered_in_order_with_their_ids_and_places() -> None:
    text = "Hi Ann 🙈, someone will call you soon."
    result = run(lines({"id": "b", "text": "Thanks!"}, {"id": 7, "text": text}, {"id": None}), "--jsonl")
    assert result.exit_code == 0
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert first == {"id": "b", "findings": []} and third == {"id": None, "findings": []}
    (finding,) = second["findings"]
    assert set(finding) == {"rule", "start", "end", "text", "why", "instead"}
    assert finding["rule"] == "loose_promise" and text[finding["start"] : finding["end"]] == finding["text"]


def test_the_policy_of_a_line_is_respected() -> None:
    row = {"id": 1, "text": "We are sorry, Ms Lee. This was our mistake. £40 went back to your card today."}
    result = run(lines(row, {**row, "policy": "regret_only"}, {**row, "policy": None}), "--jsonl")
    assert [[f["rule"] for f in json.loads(line)["findings"]] for line in result.stdout.splitlines()] == [
        [],
        ["fault_admission"],
        [],
    ]


def test_complaints_may_be_given_and_unknown_ones_are_passed_over() -> None:
    row = {"id": 1, "text": "Leave it with me.", "complaints": ["no_callback", "price"]}
    result = run(lines(row), "--jsonl")
    assert "call you today" in json.loads(result.stdout)["findings"][0]["instead"]


def test_a_bad_line_is_named_without_its_text_and_the_others_are_answered() -> None:
    result = run('{"id": 1, "text": \n' + lines({"id": 2, "text": 5}, {"id": 3, "policy": "x"}, {"id": 4}), "--jsonl")
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [4]
    for number, word in ((1, "JSON"), (2, "text"), (3, "policy")):
        assert f"line {number}: " in result.stderr and word in result.stderr


def test_without_lines_the_draft_is_plain_text() -> None:
    assert "loose_promise" in run("Someone will call you soon.").stdout
    assert json.loads(run("Thanks!", "--json").stdout) == []
    assert run("Thanks!").stdout == "nothing found\n"


def test_evaluate_prints_the_figures_and_names_a_bad_line(tmp_path: Path) -> None:
    marked = {"id": 1, "text": "Leave it with me.", "findings": [{"rule": "loose_promise", "text": "Leave it with me"}]}
    result = run(lines(marked), "--evaluate")
    assert result.exit_code == 0 and "loose_promise             1.00    1.00" in result.stdout
    result = run(lines({"text": "a", "findings": [{"rule": "x", "text": "a"}]}), "--evaluate")
    assert result.exit_code == 1 and "line 1" in result.output

"""The commands, as people and programs call them: classify, evaluate, train."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli.complaints import classify, complaint_commands
from integration.cli.training import evaluate, train
from integration.complaints.taxonomy import Complaint

LATE = "Where is my order? The tracking has not changed for a week."
SILENT = "I left three voicemails last week and nobody has called me back."


def _classified(*rows: object) -> Result:
    lines = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    return CliRunner().invoke(classify, ["--jsonl"], input=lines)


def test_lines_are_answered_in_order_with_the_agreed_fields() -> None:
    result = _classified({"id": 1, "text": LATE}, {"id": "b", "text": SILENT}, {"id": None, "text": "A lovely lamp."})
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == [1, "b", None]
    assert rows[0]["labels"] == ["no_order_update"] and "no_callback" in rows[1]["labels"]
    assert set(rows[0]["scores"]) == {str(complaint) for complaint in Complaint}
    for text, row in zip((LATE, SILENT), rows, strict=False):
        for item in row["evidence"]:
            assert text[item["start"] : item["end"]] == item["text"]
            assert item["label"] in row["labels"]
    assert rows[2]["labels"] == [] and rows[2]["silence"].startswith("nothing above ")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("not json", "line 2: not JSON at column 1"),
        ("[1]", "line 2: "),
        ('{"id": 1, "text": 5}', "line 2: text: Not a valid string."),
        ('{"id": 1, "messages": [{"role": "boss", "text": "x"}]}', "line 2: messages.0.role: Must be one of: customer"),
    ],
)
def test_an_unreadable_line_is_named_and_the_others_are_answered(row: str, fault: str) -> None:
    result = _classified({"id": 1, "text": LATE}, row, {"id": 3, "text": LATE})
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [1, 3]
    assert fault in result.stderr


@pytest.mark.parametrize(
    ("row", "silence"),
    [
        ({"id": 1}, "empty"),
        ({"id": 1, "text": None, "extra": [1]}, "empty"),
        ({"id": 1, "messages": []}, "empty"),
        ({"id": 1, "messages": [{"role": "agent", "text": SILENT}]}, "written by the business"),
    ],
)
def test_rows_with_nothing_to_read_get_the_reason(row: object, silence: str) -> None:
    (line,) = _classified(row).stdout.splitlines()
    assert json.loads(line)["silence"] == silence


def test_a_whole_ticket_is_read_as_a_ticket() -> None:
    turns = [
        {"role": "customer", "text": LATE, "id": "first"},
        {"role": "agent", "text": "It left today."},
        {"role": "customer", "text": f"<p>Hi &amp; hello.</p><p>{SILENT}</p>", "html": True, "id": "second"},
    ]
    (line,) = _classified({"id": 9, "subject": "Order 5512", "messages": turns}).stdout.splitlines()
    row = json.loads(line)
    assert "no_callback" in row["labels"] and "no_order_update" not in row["labels"]
    assert {item["message"] for item in row["evidence"]} == {"second"}
    assert [(item["label"], item["message"]) for item in row["history"]] == [("no_order_update", "first")]


def test_offsets_point_into_the_text_as_given_even_with_a_subject() -> None:
    text = f"\n  > old words\n{SILENT}\n\nKind regards,\nAnn"
    (line,) = _classified({"id": 1, "subject": "Hello there", "text": text}).stdout.splitlines()
    items = [item for item in json.loads(line)["evidence"] if "message" in item]
    assert items and all(text[item["start"] : item["end"]] == item["text"] for item in items)


def test_one_message_is_answered_in_words_or_as_json() -> None:
    words = CliRunner().invoke(classify, [], input=SILENT)
    assert words.exit_code == 0 and "no callback" in words.stdout
    assert json.loads(CliRunner().invoke(classify, ["--json"], input="hm").stdout)["silence"] == "too short"


def test_evaluate_prints_the_figures_and_writes_the_report(tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.jsonl"
    rows = [
        {"id": i, "text": text, "labels": labels, "source": "mail", "picked_by": "random"}
        for i, (text, labels) in enumerate(
            [(LATE, ["no_order_update"]), (SILENT, ["no_callback"]), ("A fine lamp.", [])]
        )
    ]
    labelled.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = tmp_path / "report.html"
    result = CliRunner().invoke(evaluate, [str(labelled), "--report", str(report)])
    assert result.exit_code == 0, result.stderr
    assert "macro-F1" in result.stdout and "picked at random" in result.stdout and "no_order_update" in result.stdout
    assert "Precision (upwards)" in report.read_text(encoding="utf-8")
    figures = CliRunner().invoke(evaluate, [str(labelled), "--report", str(report), "--json"])
    assert json.loads(figures.stdout)["whole"]["messages"] == 3


@pytest.mark.parametrize(
    ("content", "fault"), [("", "holds no messages"), ('{"id": 1}', "line 1"), ("{", "line 1"), ("\udcff", "utf-8")]
)
def test_evaluate_names_what_is_wrong_with_the_file(tmp_path: Path, content: str, fault: str) -> None:
    file = tmp_path / "f.jsonl"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    result = CliRunner().invoke(evaluate, [str(file)])
    assert result.exit_code == 1 and fault in result.stderr


def test_train_says_what_is_missing(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the training extras are not installed")
    result = CliRunner().invoke(train, ["--out", str(tmp_path), "--no-corpus"])
    assert result.exit_code == 1 and "fewer than 5 with the label" in result.stderr


def test_every_command_shows_an_example() -> None:
    for command in complaint_commands:
        assert "Example:" in CliRunner().invoke(command, ["--help"]).output

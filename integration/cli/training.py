"""The commands that make and measure the classifier: train, evaluate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress

from integration.complaints import corpus
from integration.complaints import report as reporting
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint


@click.command("train")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the new model."
)
@click.option(
    "--more",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help='More labelled messages, JSON lines {"id", "text", "labels"}: an account\'s corrected tickets, say.',
)
@click.option(
    "--validation",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Labelled messages that choose the thresholds, never trained on. Without it: the held-out part of the corpus.",
)
@click.option("--no-corpus", is_flag=True, help="Train on the --more files alone.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--epochs", type=click.IntRange(1), default=None, help="Passes over the messages.")
def train(
    out: Path, more: tuple[Path, ...], validation: Path | None, no_corpus: bool, seed: int, epochs: int | None
) -> None:
    """Train the classifier anew and write the model into a folder.

    Learns from the packaged corpus and the --more files. Needs the training extras: pip install "makeright[train]".
    Use the result with `--model FOLDER`. The same seed gives the same model on the same machine and versions.

    Exit status: 0 trained, 1 a file or the extras are missing or unusable.

    Example: makeright train --out var/model --more corrections.jsonl --seed 7
    """
    try:
        from integration.complaints import training
    except ImportError as error:
        raise click.ClickException(f'{error.name} is missing: pip install "makeright[train]"') from None
    own = () if no_corpus else corpus.packaged()
    examples = [example for example in own if not example.held_out]
    examples += corpus.with_known_marks(example for path in more for example in _examples(path))
    checking = _examples(validation) if validation else [example for example in own if example.held_out]
    recipe = training.Recipe(seed=seed) if epochs is None else training.Recipe(seed=seed, epochs=epochs)
    with Progress(*Progress.get_default_columns(), console=Console(stderr=True)) as bar:
        task = bar.add_task(f"{len(examples)} messages", total=None)
        try:
            training.train(
                examples,
                checking,
                out,
                recipe,
                lambda step, steps, loss: bar.update(task, completed=step, total=steps, description=f"loss {loss:.2f}"),
            )
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"{out}: trained on {len(examples)} messages, thresholds chosen on {len(checking)}")


@click.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--held-out", is_flag=True, help="Instead of FILE: the packaged corpus's part that is never trained on.")
@click.option("--model", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder from `train`.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("evaluation.html"),
    show_default=True,
    help="Where the HTML report goes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def evaluate(file: Path | None, held_out: bool, model: Path | None, report: Path, as_json: bool) -> None:
    """Measure the classifier on labelled messages.

    FILE holds JSON lines {"id", "text", "labels"}, optionally "source", "picked_by" and "evidence". Prints precision,
    recall and F1 per label with 95 % confidence intervals and writes the curves and the worst mistakes as HTML. The
    report quotes messages: treat it like them.

    Exit status: 0 measured, 1 FILE is unusable.

    Example: makeright evaluate labelled.jsonl --report evaluation.html
    """
    if held_out == (file is not None):
        raise click.UsageError("give either FILE or --held-out")
    examples = [e for e in corpus.packaged() if e.held_out] if file is None else _examples(file)
    if not examples:
        raise click.ClickException(f"{file}: holds no messages")
    classifier = Classifier.load(model=model)
    with Progress(*Progress.get_default_columns(), console=Console(stderr=True), transient=True) as bar:
        readings = [classifier.classify([example.text])[0] for example in bar.track(examples, description="reading")]
    probability = np.array([[reading.scores[c] for c in Complaint] for reading in readings])
    decided = np.array([[c in reading.labels() for c in Complaint] for reading in readings])
    evaluation = reporting.evaluate(examples, probability, decided, _evidence_found(examples, readings))
    title = f"Complaints found in {file.name if file else 'the held-out part of the corpus'}"
    report.write_text(reporting.page(evaluation, title=title), encoding="utf-8")
    click.echo(json.dumps(_figures(evaluation), indent=1) if as_json else _table(evaluation))
    click.echo(f"report: {report}", err=True)


def _examples(path: Path) -> list[corpus.Example]:
    try:
        return list(corpus.read(path.read_text(encoding="utf-8").splitlines(), source=path.stem))
    except (corpus.Malformed, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path}: {error}") from None


def _evidence_found(examples: Sequence[corpus.Example], readings: Sequence[Reading]) -> float | None:
    """Of the true labels that were found where words are marked: the share whose evidence overlaps a marked place."""
    hits = []
    for example, reading in zip(examples, readings, strict=True):
        for label in example.labels & set(reading.labels()):
            marks = [mark for mark in example.marks or () if mark.label is label]
            if marks:
                shown = reading.evidence_for(label)
                hits.append(any(e.start < m.end and m.start < e.end for e in shown for m in marks))
    return sum(hits) / len(hits) if hits else None


def _table(evaluation: reporting.Evaluation) -> str:
    whole = evaluation.whole
    lines = [
        f"{'':18}{'n':>5}  {'precision':22}{'recall':22}{'F1':22}{'recall at P 0.90':22}{'best F1':>8}{'cal. error':>12}",
        *(
            f"{label!s:18}{m.positives:5}  {m.precision!s:22}{m.recall!s:22}{m.f1!s:22}{m.recall_at_90!s:22}"
            f"{m.best_f1:8.3f}{m.calibration_error:12.3f}"
            for label, m in whole.labels.items()
        ),
        f"macro-F1 {whole.macro_f1} on {whole.messages} messages; at each label's best threshold "
        f"{sum(m.best_f1 for m in whole.labels.values()) / len(whole.labels):.3f}",
    ]
    if evaluation.random is not None:
        lines.append(f"macro-F1 {evaluation.random.macro_f1} on the {evaluation.random.messages} picked at random")
    lines.append(f"false alarms on messages with none of the four {whole.false_alarms}")
    if evaluation.evidence is not None:
        lines.append(f"evidence overlaps the marked words for {evaluation.evidence:.3f} of the labels found")
    return "\n".join(lines)


def _figures(evaluation: reporting.Evaluation) -> dict[str, Any]:
    return {
        "whole": asdict(evaluation.whole),
        "random": asdict(evaluation.random) if evaluation.random else None,
        "by_source": {name: asdict(m) for name, m in evaluation.by_source.items()},
        "evidence": evaluation.evidence,
    }

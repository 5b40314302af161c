"""Opens a model in onnxruntime the way all of ours run: one window at a time, on one thread."""

from __future__ import annotations

from importlib.resources import as_file
from importlib.resources.abc import Traversable

import onnxruntime

# This one makes a layer's normalisation several times slower than the two operations it replaces (benchmarks/classifier.py).
_SLOWER = ["SkipLayerNormFusion"]


def opened(model: Traversable, remedy: str) -> onnxruntime.InferenceSession:
    """The model, ready to run. Raises FileNotFoundError naming the file and the `remedy` if it is missing.

    Nothing here starts a thread, so a worker may fork afterwards. Without the arena a long text gives its memory back.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    with as_file(model) as path:
        if not path.exists():
            raise FileNotFoundError(f"{path}: no model there; {remedy}")
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
        )

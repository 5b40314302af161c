"""The configuration in force: what a running installation works by, whatever becomes of its files meanwhile.

`makeright up` keeps the text of every file that the running version was read from. A part that dies and is started again
reads those, so that a file which somebody is just editing (or has broken) stops nothing. Secrets are not kept: they are
read anew from where the configuration names them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from integration.configuration.edits import SECRET_MODE, write_file
from integration.configuration.reading import Stamp, stamp_of

# Names the file below for the parts that a supervisor starts.
VARIABLE = "MAKERIGHT_IN_FORCE"
_NAME = "in-force.json"


def keep(folder: Path, file: Path, texts: Mapping[Path, str]) -> Path:
    """Write down the texts that `file`'s configuration was read from; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _NAME
    content = {"file": str(file.resolve()), "texts": {str(name): text for name, text in texts.items()}}
    write_file(path, json.dumps(content), mode=SECRET_MODE)
    return path


def texts_in_force(file: Path) -> Mapping[Path, str] | None:
    """What a supervisor has kept of this configuration for its parts; None where none did."""
    kept = os.environ.get(VARIABLE)
    if not kept:
        return None
    try:
        content = json.loads(Path(kept).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if content["file"] != str(file.resolve()):
        return None
    return {Path(name): text for name, text in content["texts"].items()}


def stamps(files: Iterable[Path]) -> Mapping[Path, Stamp]:
    """How these files are now: tells that one was changed, replaced, removed or brought back."""
    return {file: stamp_of(file) for file in files}

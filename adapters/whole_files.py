"""Writing a file whole or not at all, without taking it away from those it belongs to."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_OTHERS = 0o007


def write_whole(path: Path, text: str, *, mode: int) -> None:
    """In one step: whoever reads it meanwhile sees the old file or the new one.

    A new file gets this mode and belongs to whom its folder belongs to; one that is there keeps its mode, owner and
    group, since a person's command, run with sudo, is not to shut out the service. A mode without a right for others
    takes theirs away from an older file, too. Raises OSError.
    """
    # Replacing a link would cut it; what it points to is written.
    target = path.resolve()
    if target.exists():
        like = target.stat()
        mode = like.st_mode & (0o777 if mode & _OTHERS else 0o770)
    else:
        like = target.parent.stat()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # By its handle: the name may lie in a folder where somebody else could put a link in its place.
            with suppress(OSError):
                os.fchown(handle, like.st_uid, like.st_gid)
            os.fchmod(handle, mode)
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def make_folder(folder: Path, *, mode: int) -> None:
    """A folder, if it is not there, that belongs to whom the one above it belongs to. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode=0o777)
    folder.mkdir(mode=mode, exist_ok=True)
    above = folder.parent.stat()
    with suppress(OSError):
        os.chown(folder, above.st_uid, above.st_gid, follow_symlinks=False)

"""The supervisor: starts, keeps alive, restarts and stops real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from integration import supervisor as supervisor_module
from integration.pipeline.context import redis_socket
from integration.settings import Settings, load_settings
from integration.supervisor import AlreadyRunning, Supervisor, running_supervisor, start_redis

_TALKER = "import time; print('started', flush=True); time.sleep(60)"
_DIES = "print('dying', flush=True); raise SystemExit(3)"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "makeright.toml"
    file.write_text('[service]\ndata_folder = "d"\ndatabase_url = "sqlite:///d/m.db"\n')
    return load_settings(file)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Supervisor]]:
    """Starts a supervisor over the given programs; all of them are stopped after the test."""
    started: list[tuple[Supervisor, threading.Thread]] = []

    def start(**programs: str) -> Supervisor:
        monkeypatch.setattr(
            supervisor_module,
            "_commands",
            lambda settings: [(name, [sys.executable, "-c", program]) for name, program in programs.items()],
        )
        lines: list[tuple[str, str]] = []
        made = Supervisor(settings, on_line=lambda part, line: lines.append((part, line)))
        made.lines = lines  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.run, kwargs={"handle_signals": False})
        thread.start()
        started.append((made, thread))
        return made

    yield start
    for made, thread in started:
        made.stop()
        thread.join(30)
        assert not thread.is_alive()


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_parts_run_and_their_output_is_logged(settings: Settings, run: Callable[..., Supervisor]) -> None:
    made = run(web=_TALKER, clock=_TALKER)
    until(lambda: len(made.lines) == 2)  # type: ignore[attr-defined]
    folder = settings.service.data_folder
    assert (folder / "logs" / "web.log").read_text() == "started\n"
    with Redis(unix_socket_path=str(redis_socket(folder))) as redis:
        assert redis.config_get("appendonly") == {"appendonly": "yes"}
    assert running_supervisor(folder) == os.getpid()


def test_a_part_that_is_killed_is_started_again(run: Callable[..., Supervisor]) -> None:
    made = run(web=_TALKER)
    until(lambda: made.parts[0].process is not None and made.lines)  # type: ignore[attr-defined]
    first = made.parts[0].process
    assert first is not None
    first.send_signal(signal.SIGKILL)
    until(lambda: made.parts[0].process not in (None, first))


def test_a_part_that_dies_at_once_is_started_again_after_growing_pauses(run: Callable[..., Supervisor]) -> None:
    made = run(broken=_DIES, web=_TALKER)
    until(lambda: made.parts[0].pause >= 2.0)
    assert made.parts[1].process is not None
    assert made.parts[1].process.poll() is None


def test_a_second_supervisor_in_the_same_folder_is_refused(settings: Settings, run: Callable[..., Supervisor]) -> None:
    made = run(web=_TALKER)
    until(lambda: made.lines)  # type: ignore[attr-defined]
    with pytest.raises(AlreadyRunning, match="makeright down"):
        Supervisor(settings).run(handle_signals=False)


def test_stopping_ends_every_part_and_frees_the_folder(settings: Settings, run: Callable[..., Supervisor]) -> None:
    made = run(web=_TALKER, stubborn="import signal,time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")
    until(lambda: all(part.process for part in made.parts))
    processes = [part.process for part in made.parts]
    supervisor_module.STOP_SECONDS, kept = 1, supervisor_module.STOP_SECONDS
    made.stop()
    try:
        until(lambda: all(process is not None and process.poll() is not None for process in processes))
        until(lambda: running_supervisor(settings.service.data_folder) is None)
    finally:
        supervisor_module.STOP_SECONDS = kept


@pytest.mark.skipif(sys.platform != "linux", reason="parts notice their supervisor's death on Linux only")
def test_parts_end_with_a_supervisor_that_was_killed(tmp_path: Path, settings: Settings) -> None:
    program = f"""
import sys
from pathlib import Path
from integration import supervisor
from integration.settings import load_settings
supervisor._commands = lambda settings: [("web", [sys.executable, "-c", "import os,time; print(os.getpid(), flush=True); time.sleep(60)"])]
supervisor.Supervisor(load_settings(Path({str(settings.file)!r})), on_line=lambda part, line: print(line, flush=True)).run()
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    until(lambda: not _alive(child))
    # Its Redis lives on and is taken over by the next one, with what it holds.
    socket = redis_socket(settings.service.data_folder)
    with Redis(unix_socket_path=str(socket)) as redis:
        redis.set("kept", "yes")
        assert start_redis(settings.service.data_folder) is None
        assert redis.get("kept") == b"yes"
        redis.shutdown(nosave=True)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_embedded_redis_keeps_what_it_acknowledged_over_a_kill(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    assert server is not None
    with Redis(unix_socket_path=str(redis_socket(tmp_path))) as redis:
        redis.config_set("appendfsync", "always")
        redis.rpush("jobs", *range(100))
    server.terminate()
    server = start_redis(tmp_path)
    assert server is not None
    with Redis(unix_socket_path=str(redis_socket(tmp_path))) as redis:
        assert redis.llen("jobs") == 100
    server.stop()


def test_a_folder_too_deep_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter data_folder"):
        start_redis(tmp_path / ("x" * 100))

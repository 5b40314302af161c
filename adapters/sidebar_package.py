"""The uploadable zip of a sidebar app: put together from the app's own files and the shared panel, the same every time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from types import ModuleType
from urllib.parse import SplitResult, urlsplit

from adapters import helpdesk_kinds
from adapters.http import is_loopback

Files = Mapping[str, bytes]
# The earliest time that a zip can tell.
_TIME = (1980, 1, 1, 0, 0, 0)
_SKIPPED = (".py", ".md", ".pyc")
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+\s*=|javascript:", re.IGNORECASE)
_MARKUP = re.compile(r"\b(?:inner|outer)HTML\s*=|insertAdjacentHTML|document\.write\b|\beval\(|new Function\b")
_PLAIN_HTTP = re.compile(r"http://(?!www\.w3\.org/)")


@dataclass(frozen=True, slots=True)
class AppBuild:
    """What an app is built for: this account, at this public address, in this version.

    `local` lets the address be on this machine and without TLS, for the sandbox; no helpdesk takes such a zip.
    """

    account: str
    public_url: str
    version: str
    local: bool = False

    @property
    def address(self) -> SplitResult:
        return urlsplit(self.public_url)


class NotBuilt(ValueError):
    """The app cannot be built; the text says why and what to change."""


def app_kinds() -> list[str]:
    """The helpdesks that have a sidebar app."""
    return [kind for kind in helpdesk_kinds() if _builder(kind) is not None]


def app_zip(kind: str, build: AppBuild) -> bytes:
    """The zip to upload. Raises NotBuilt, also where it breaks a rule of the platform's."""
    builder = _builder(kind)
    if builder is None:
        raise NotBuilt(f"{kind} has no sidebar app")
    app = builder.files(build)
    if found := builder.problems(app, local=build.local):
        raise NotBuilt("\n".join(found))
    return zipped(app)


def _builder(kind: str) -> ModuleType | None:
    """`adapters.<kind>.sidebar.package`, which offers `files(build)` and `problems(files, local=...)`."""
    folder = f"adapters.{kind}.sidebar"
    found = find_spec(f"adapters.{kind}") and find_spec(folder) and find_spec(f"{folder}.package")
    return import_module(f"{folder}.package") if found else None


def checked_address(build: AppBuild) -> SplitResult:
    """The public address, fit for a helpdesk's servers to call. Raises NotBuilt."""
    address = build.address
    host = address.hostname or ""
    if build.local and is_loopback(host):
        return address
    if address.scheme != "https":
        raise NotBuilt(
            f"service.public_url: {build.public_url!r}: a helpdesk calls https addresses only; name the address that its "
            "servers reach"
        )
    if address.port is not None or "." not in host or is_loopback(host) or re.fullmatch(r"[\d.:]+", host):
        raise NotBuilt(
            f"service.public_url: {build.public_url!r}: must be a full host name without a port, as a helpdesk's servers "
            "see it"
        )
    return address


def own_files(package: str) -> dict[str, bytes]:
    """The files beside `package`'s builder, by their path in the zip."""
    return dict(_walk(files(package), ""))


def shared_files(folder: str) -> dict[str, bytes]:
    """The panel's files, under `folder`."""
    return {f"{folder}/{name}": data for name, data in _walk(files("adapters") / "sidebar", "")}


def _walk(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            if item.name != "__pycache__":
                yield from _walk(item, f"{path}{item.name}/")
        elif not item.name.endswith(_SKIPPED):
            yield path + item.name, item.read_bytes()


def zipped(app: Files) -> bytes:
    """As a zip: sorted, without times or owners, so that the same files always give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(app):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, app[name])
    return buffer.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    """Raises zipfile.BadZipFile; a name that leads out of the zip is refused as one."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if name.startswith("/") or ".." in name.split("/") or "\\" in name:
                raise zipfile.BadZipFile(f"{name!r} leads out of the zip")
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def page_problems(app: Files, *, local: bool) -> Iterator[str]:
    """Rules of our own, harder than any helpdesk's: no script in a page, no markup from text, nothing over plain HTTP."""
    for name, data in app.items():
        if not name.endswith((".html", ".js", ".css")):
            continue
        text = data.decode("utf-8", "replace")
        if name.endswith(".html"):
            if _INLINE_SCRIPT.search(text):
                yield f"{name}: has a script or an event handler inside; move it into a file"
            if "Content-Security-Policy" not in text:
                yield f"{name}: says no Content-Security-Policy"
        if name.endswith(".js") and _MARKUP.search(text):
            yield f"{name}: builds markup or code from text; use text nodes"
        if not local and _PLAIN_HTTP.search(text):
            yield f"{name}: loads over http://; use https://"
        if name.endswith(".html"):
            yield from _missing(name, text, app)


def _missing(name: str, text: str, app: Files) -> Iterator[str]:
    folder = name.rpartition("/")[0]
    for target in re.findall(r'(?:src|href)="([^":{]+)"', text):
        if f"{folder}/{target}".lstrip("/") not in app:
            yield f"{name}: points to {target}, which is not in the zip"

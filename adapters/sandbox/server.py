"""The sandbox as a web application, and how to serve it."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, jsonify, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from adapters.sandbox.apps import apps
from adapters.sandbox.control_api import control
from adapters.sandbox.credentials import Credentials
from adapters.sandbox.faults import Fault
from adapters.sandbox.freshdesk_api import api as freshdesk
from adapters.sandbox.limits import UNMETERED
from adapters.sandbox.store import FRESHDESK, HELPDESKS, ZENDESK
from adapters.sandbox.workspace import workspace
from adapters.sandbox.world import Sandbox
from adapters.sandbox.zendesk_api import api as zendesk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_HOSTS = {".zendesk.com": ZENDESK, ".freshdesk.com": FRESHDESK}


class _Json(DefaultJSONProvider):
    sort_keys = False
    ensure_ascii = False


class Dropped(ConnectionError):
    """Raised through the WSGI server to close the connection without an answer."""


def create_app(credentials: Credentials | None = None, plan: str = UNMETERED) -> Flask:
    """A sandbox of its own; `app.extensions["sandbox"]` is its `Sandbox`."""
    app = Flask(__name__)
    app.json = _Json(app)
    app.url_map.strict_slashes = False
    world = Sandbox(credentials, plan)
    app.extensions["sandbox"] = world
    for blueprint in (zendesk, freshdesk, control, apps, workspace):
        app.register_blueprint(blueprint)
    for name, view in app.view_functions.items():
        if not getattr(view, "unlocked", False) and name != "static":
            app.view_functions[name] = _locked(view, world)
    _lock_hooks(app, world)
    app.register_error_handler(HTTPException, _no_such_thing)
    app.after_request(_count)
    app.wsgi_app = Door(app.wsgi_app, world)  # type: ignore[method-assign]
    return app


def _locked(view: Callable[..., Any], world: Sandbox) -> Callable[..., Any]:
    """One request at a time touches the store; each takes well under a millisecond."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with world.lock:
            return view(*args, **kwargs)

    return guarded


def _lock_hooks(app: Flask, world: Sandbox) -> None:
    """The APIs' own before-request hooks (identity, limits) touch the store, too."""
    for name in HELPDESKS:
        hooks = app.before_request_funcs.get(name, [])
        app.before_request_funcs[name] = [_locked(hook, world) for hook in hooks]


def _no_such_thing(error: HTTPException) -> ResponseReturnValue:
    """An address that does not exist, worded as each platform words it."""
    if request.path.startswith(f"/{ZENDESK}/"):
        code = error.code or 500
        body = {"error": "InvalidEndpoint" if code in (404, 405) else error.name, "description": "Not found"}
        return jsonify(body), 404 if code == 405 else code
    if request.path.startswith(f"/{FRESHDESK}/"):
        if error.code == 405:
            return jsonify({"message": f"{request.method} method is not allowed."}), 405
        return "", error.code or 500
    return error.get_response()


def _count(response: Response) -> Response:
    helpdesk = request.path.split("/")[1]
    if helpdesk in HELPDESKS:
        rule = _PARAMETER.sub(r"{\1}", request.url_rule.rule) if request.url_rule else request.path
        stats = request.environ["sandbox.world"].stats
        stats.count(helpdesk, f"{request.method} {rule.removeprefix('/' + helpdesk)}", response.status_code)
    return response


class Door:
    """In front of the application: platform host names, `.json` suffixes, and misbehaviour on request."""

    def __init__(self, app: Callable[..., Iterable[bytes]], world: Sandbox) -> None:
        self._app = app
        self._world = world

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["sandbox.world"] = self._world
        helpdesk = _address(environ)
        if helpdesk is None:
            if _host_name(environ) not in _LOOPBACK:
                # A page elsewhere that resolves its own name to this machine gets no say over it.
                return Response("Only for this machine's own names", 403)(environ, start_response)
            return self._app(environ, start_response)
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(f"/{helpdesk}")
        fault = self._world.faults.take(helpdesk, method, path)
        if fault is None:
            return self._app(environ, start_response)
        return self._misbehave(fault, helpdesk, environ, start_response)

    def _misbehave(
        self, fault: Fault, helpdesk: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        time.sleep(fault.latency)
        if not fault.silences and fault.status is None:
            return self._app(environ, start_response)
        if fault.apply:
            for _ in self._app(environ, _ignore):
                pass
        else:
            _drain(environ)
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].removeprefix('/' + helpdesk)}"
        if fault.silences:
            time.sleep(fault.hang)
            self._world.stats.count(helpdesk, call, "dropped")
            raise Dropped("dropped on request")
        self._world.stats.count(helpdesk, call, fault.status or 0)
        response = Response(fault.body or "", fault.status, fault.headers)
        return response(environ, start_response)


def _address(environ: WSGIEnvironment) -> str | None:
    """Which helpdesk is called, if any. Under a platform's own host name the API sits at the root."""
    host, name = environ.get("HTTP_HOST", ""), _host_name(environ)
    path: str = environ["PATH_INFO"]
    for suffix, helpdesk in _HOSTS.items():
        if name.endswith(suffix):
            environ["sandbox.base"] = f"https://{host}"
            environ["PATH_INFO"] = path = f"/{helpdesk}{path}"
    found = next((h for h in HELPDESKS if path.startswith(f"/{h}/")), None)
    if found is not None and path.endswith(".json"):
        environ["PATH_INFO"] = path.removesuffix(".json")
    return found


def _host_name(environ: WSGIEnvironment) -> str:
    return (urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or "").lower()


def _ignore(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
    return lambda _: None


def _drain(environ: WSGIEnvironment) -> None:
    """Read the request's body, or the client may see a reset while it is still sending."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    while length > 0:
        piece = environ["wsgi.input"].read(min(length, 65_536))
        if not piece:
            return
        length -= len(piece)


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Close at once, with a reset: the client gets no answer, not even an empty one."""
        self.close_connection = True
        if isinstance(error, Dropped):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log(self, type: str, message: str, *args: Any) -> None:
        """Quiet: what was asked and answered is in the control API's stats."""


class Server:
    """A sandbox being served in threads of this process."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self.app = app
        self.world: Sandbox = app.extensions["sandbox"]
        self._server: BaseWSGIServer = make_server(host, port, app, threaded=True, request_handler=_Handler)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Server:
        """Serve in a background thread."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox", daemon=True)
        self._thread.start()
        return self

    def run(self) -> None:
        """Serve in this thread until interrupted."""
        try:
            self._server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            self.close()

    def close(self) -> None:
        self.world.close()
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()


def serve(port: int = 8090, *, credentials: Credentials | None = None, plan: str = UNMETERED) -> Server:
    """A sandbox on loopback, not yet started; port 0 takes a free one. Raises OSError if the port is taken."""
    return Server(create_app(credentials, plan), "127.0.0.1", port)

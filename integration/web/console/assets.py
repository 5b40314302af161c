"""Bootstrap's stylesheet as its package ships it, and its dark colours for those whose system is dark.

Bootstrap turns dark by an attribute, which takes a script to set. The same rules behind the browser's own question
(`media="(prefers-color-scheme: dark)"` on the link) take none.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from importlib.resources import files

from flask import Response, url_for
from werkzeug.exceptions import NotFound

from integration.web.console.blueprint import console

_MARK = "[data-bs-theme=dark]"
# A rule without rules inside.
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_A_YEAR = "public, max-age=31536000, immutable"


@console.get("/assets/<version>/<name>")
def asset(version: str, name: str) -> Response:
    """The version stands in the address: what is behind it never changes."""
    text = _sheets().get(name)
    if text is None:
        raise NotFound
    answer = Response(text, mimetype="text/css")
    answer.headers["Cache-Control"] = _A_YEAR
    return answer


def asset_url(name: str) -> str:
    version = blake2b(_sheets()[name].encode(), digest_size=6).hexdigest()
    return url_for("console.asset", version=version, name=name)


@cache
def _sheets() -> dict[str, str]:
    folder = files("flask_bootstrap") / "static" / "bootstrap5" / "css"
    whole = (folder / "bootstrap.min.css").read_text("utf-8").split("/*# sourceMappingURL", 1)[0]
    own = (files(__package__) / "static" / "console.css").read_text("utf-8")
    return {"bootstrap.css": whole, "dark.css": dark(whole), "console.css": own}


def dark(css: str) -> str:
    """The rules for the dark theme, for the whole page."""
    rules = []
    for selectors, body in _RULE.findall(css):
        wanted = [one.strip() for one in selectors.split(",") if one.strip().startswith(_MARK)]
        if wanted:
            rules.append(",".join(":root" + one.removeprefix(_MARK) for one in wanted) + "{" + body + "}")
    return "\n".join(rules)

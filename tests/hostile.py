"""Text that wants to be more than text, for everything that shows what a customer or a colleague wrote."""

from __future__ import annotations

import re
from html.parser import HTMLParser

PAYLOADS = {
    "script": "<script>parent.owned=window.owned=1</script>",
    "image": '<img src=x onerror="window.owned=1">',
    "svg": "<svg/onload=window.owned=1>",
    "breaking out of an attribute": '"><img src=x onerror=window.owned=1>',
    "breaking out of a quoted attribute": "' onmouseover='window.owned=1' autofocus onfocus='window.owned=1",
    "breaking out of a text area": "</textarea></title></style><script>window.owned=1</script>",
    "breaking out of a list": "</li></ul></blockquote></p></td></tr></table><img src=x onerror=window.owned=1>",
    "breaking out of JSON": "</script><script>window.owned=1</script>\\u003cscript\\u003ewindow.owned=1",
    "comment": "--><img src=x onerror=window.owned=1><!--",
    "character data": "]]><img src=x onerror=window.owned=1><![CDATA[",
    "link": '<a href="javascript:window.owned=1">click me</a>',
    "link in Markdown": "[click me](javascript:window.owned=1) ![x](x onerror=window.owned=1)",
    "frame": '<iframe srcdoc="<script>parent.owned=1</script>"></iframe>',
    "base": '<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example">',
    "details": "<details open ontoggle=window.owned=1>x</details>",
    "template": "{{constructor.constructor('window.owned=1')()}}${window.owned=1}#{7*7}",
    "placeholder": "{{ticket.requester.email}} {{current_user.email}} {% for x in y %}",
    "math": '<math><mtext></p><style><img src="</style><img src=x onerror=window.owned=1>">',
    "encoded": "&lt;img src=x onerror=window.owned=1&gt;",
    "encoded twice": "&amp;lt;script&amp;gt;window.owned=1&amp;lt;/script&amp;gt;",
    "unclosed": "<img src=x onerror=window.owned=1 ",
    "null and controls": "<scr\u0000ipt>window.owned=1</scr\u0000ipt>\u202e\u2028",
    "full width": "\uff1cscript\uff1ewindow.owned=1\uff1c/script\uff1e",
    "style": "<style>*{display:none}</style><div style='position:fixed;inset:0'>x</div>",
    "form": '<form action="https://evil.example"><button formaction="javascript:window.owned=1">x</button></form>',
    "very long": "<b>" * 200 + "window.owned=1",
}
# What may be found in markup of ours. Attributes beside these are somebody else's.
_HARMLESS = frozenset({"p", "strong", "em", "br", "ul", "ol", "li", "blockquote", "a", "span"})
_ATTRIBUTES = frozenset({"href", "rel", "style"})


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("!", {}))

    def handle_comment(self, data: str) -> None:
        self.found.append(("!--", {}))

    def handle_pi(self, data: str) -> None:
        self.found.append(("?", {}))


def intruders(html: str, *, own_styles: frozenset[str] = frozenset()) -> list[str]:
    """The elements and attributes in a piece of our markup that we did not put there; links must be web addresses."""
    parser = _Elements()
    parser.feed(html)
    parser.close()
    found = []
    for tag, attributes in parser.found:
        if tag not in _HARMLESS:
            found.append(tag)
        found += [f"{tag} {name}" for name in attributes if name not in _ATTRIBUTES]
        if "style" in attributes and attributes["style"] not in own_styles:
            found.append(f"{tag} style={attributes['style']}")
        if "href" in attributes and not re.match(r"https?://", attributes["href"]):
            found.append(f"{tag} href={attributes['href']}")
    return found

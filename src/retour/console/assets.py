"""Style, script and icons: files of this package, named by their content, so that a browser keeps them."""

import hashlib
from functools import cache
from importlib import resources

from django.http import Http404, HttpRequest, HttpResponse

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Every file with its type."""
    found = {}
    for file in resources.files("retour.console").joinpath("static").iterdir():
        ending = file.name[file.name.rfind(".") :]
        if ending in TYPES:
            found[file.name] = file.read_bytes(), TYPES[ending]
    return found


@cache
def url(name: str) -> str:
    """Where a file is, with a mark of its content."""
    content, _ = files()[name]
    return f"/static/{name}?{hashlib.blake2b(content, digest_size=6).hexdigest()}"


def serve(request: HttpRequest, name: str) -> HttpResponse:
    """A file."""
    if name not in files():
        raise Http404
    content, type_ = files()[name]
    response = HttpResponse(content, content_type=type_)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response

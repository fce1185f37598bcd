"""What every answer of the console carries, so that a browser refuses what we never meant (security.md)."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Nothing from elsewhere, nothing inline. QR codes of a second factor are images in the page itself.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Middleware. What holds personal data is kept by no cache."""

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner
        self._headers = HEADERS
        if issuer := settings.CHOSEN.oidc_issuer:
            # A form that leads to another's login by a redirect is held to form-action all the way.
            parts = urlsplit(issuer)
            policy = POLICY.replace(
                "form-action 'self'", f"form-action 'self' {parts.scheme}://{parts.netloc}"
            )
            self._headers = HEADERS | {"Content-Security-Policy": policy}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer with its headers."""
        response = self._inner(request)
        for name, value in self._headers.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class Named:
    """Middleware: a page is for whoever asks by a name of ours, whatever it holds (ALLOWED_HOSTS).

    Django looks at the name only where a page makes a whole address of it. Raises DisallowedHost.
    """

    def __init__(self, inner: Callable[[HttpRequest], HttpResponse]) -> None:
        self._inner = inner

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        request.get_host()
        return self._inner(request)

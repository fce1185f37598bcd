"""Logging in by another (OpenID Connect), stricter than the library: a nonce, and one subject throughout.

The library brings state and PKCE. A nonce ties the token to this browser's request (OpenID Connect Core
3.1.2.1), and what the userinfo says holds for the subject of the token alone (5.3.2).
"""

from secrets import compare_digest, token_urlsafe
from typing import Any

import requests
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse

_NONCE = "oidc_nonce"


class SignOn(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """The provider that the settings name."""

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """What is asked of it besides; the nonce is remembered in the session."""
        request.session[_NONCE] = token_urlsafe(24)
        return {"nonce": request.session[_NONCE]}

    def redirect(self, request: HttpRequest, *rest: Any, **more: Any) -> HttpResponse:
        """To its login; a page that says so where it does not answer."""
        try:
            answer: HttpResponse = super().redirect(request, *rest, **more)
        except (requests.RequestException, KeyError, ValueError) as error:
            failed: HttpResponse = render_authentication_error(request, self, exception=error)
            return failed
        return answer

    def sociallogin_from_response(self, request: HttpRequest, response: dict[str, Any]) -> Any:
        """Who has logged in. Raises OAuth2Error for a token of another request or another subject."""
        token, told = response.get("id_token") or {}, response.get("userinfo") or {}
        nonce = request.session.pop(_NONCE, "")
        if not nonce or not compare_digest(str(token.get("nonce", "")).encode(), nonce.encode()):
            raise OAuth2Error("the token is not of this request")
        if told and told.get("sub") != token.get("sub"):
            raise OAuth2Error("token and userinfo are of two people")
        return super().sociallogin_from_response(request, response)

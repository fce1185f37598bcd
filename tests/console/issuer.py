"""A small OpenID Connect server: code flow, PKCE, signed tokens. It logs everybody in as whom it is told."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET, CODE, ACCESS = "retour", "a secret of both", "the-code", "the-access"


class Issuer(ThreadingHTTPServer):
    """Remembers what it was asked; `claims` and `told` are what token and userinfo say besides."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.asked: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.told: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def person(self, email: str, verified: bool = True) -> None:
        self.claims = {}
        self.told = {"sub": f"sub of {email}", "email": email, "email_verified": verified}

    def token(self, now: int) -> str:
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": self.told["sub"], "iat": now, "exp": now + 300,
            "nonce": self.asked["nonce"], **self.claims,
        }  # fmt: skip
        return jwt.encode(claims, self.key, "RS256", headers={"kid": "one"})

    def proven(self, form: dict[str, str]) -> bool:
        """Whether client, code and verifier are right."""
        made = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        return (form.get("code"), form.get("client_id"), form.get("client_secret"), challenge) == (
            CODE, CLIENT, SECRET, self.asked["code_challenge"],
        )  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        issuer = self.server
        if place.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": issuer.url,
                    "authorization_endpoint": f"{issuer.url}/authorize",
                    "token_endpoint": f"{issuer.url}/token",
                    "userinfo_endpoint": f"{issuer.url}/userinfo",
                    "jwks_uri": f"{issuer.url}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        elif place.path == "/authorize":
            issuer.asked = {name: values[0] for name, values in parse_qs(place.query).items()}
            back = urlencode({"code": CODE, "state": issuer.asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{issuer.asked['redirect_uri']}?{back}")
            self.end_headers()
        elif place.path == "/userinfo" and self.headers["Authorization"] == f"Bearer {ACCESS}":
            self._json(issuer.told)
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        if not self.server.proven(form):
            self.send_error(400)
            return
        import time

        now = int(time.time())
        token = self.server.token(now)
        self._json({"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _json(self, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def issuing() -> Iterator[Issuer]:
    """One that listens."""
    issuer = Issuer()
    thread = threading.Thread(target=issuer.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.shutdown()
        issuer.server_close()
        thread.join()

"""The signature of AWS, version 4, for requests without query (AWS: "Create a signed AWS API request")."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote, urlsplit

from retour.instants import Instant, to_datetime

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks AWS, and in which region."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    session_token: str = field(default="", repr=False)


def signed(
    method: str, url: str, body: bytes, service: str, by: Credentials, now: Instant
) -> Mapping[str, str]:
    """The headers that make this request one of theirs, `Host` left out."""
    parts = urlsplit(url)
    moment = to_datetime(now).strftime("%Y%m%dT%H%M%SZ")
    told = {"host": parts.netloc, "x-amz-date": moment}
    if by.session_token:
        told["x-amz-security-token"] = by.session_token
    names = ";".join(sorted(told))
    canonical = "\n".join(
        (
            method,
            quote(parts.path or "/", safe="/-_.~"),  # encoded once more: every service but S3 wants it so
            "",
            *(f"{name}:{told[name]}" for name in sorted(told)),
            "",
            names,
            sha256(body).hexdigest(),
        )
    )
    scope = f"{moment[:8]}/{by.region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, moment, scope, sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{by.secret_key}".encode()
    for part in (moment[:8], by.region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), sha256)
    signature = hmac.digest(key, to_sign.encode(), sha256).hex()
    credential = f"{by.access_key}/{scope}"
    authorization = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    told.pop("host")
    return {**told, "authorization": authorization}

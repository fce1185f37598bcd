"""Microsoft Entra as it is: the keys of a tenant, and tokens signed by them."""

import json
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from retour.inlets.webhooks.entra import EVENT_GRID

TENANT, OTHER_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47", "11111111-86f1-41af-91ab-2d7cd011db47"
AUDIENCE = "api://bounces.shop.example"
OURS, THEIRS = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)


def based(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def key_set(**keys: rsa.RSAPrivateKey) -> bytes:
    told = []
    for id, key in keys.items():
        n, e = key.public_key().public_numbers().n, key.public_key().public_numbers().e
        told.append(
            {"kty": "RSA", "use": "sig", "kid": id, "n": based(n.to_bytes(256)), "e": based(e.to_bytes(3))}
        )
    return json.dumps({"keys": told}).encode()


def token(
    at: float, key: rsa.RSAPrivateKey = OURS, head: dict[str, Any] | None = None, **changed: Any
) -> str:
    claims = {
        "aud": AUDIENCE,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "tid": TENANT,
        "appid": EVENT_GRID,
        "ver": "1.0",
        "nbf": int(at) - 60,
        "exp": int(at) + 3600,
        **changed,
    }
    told = {"typ": "JWT", "alg": "RS256", "kid": "one", **(head or {})}
    signed = ".".join(based(json.dumps(each).encode()) for each in (told, claims))
    return f"{signed}.{based(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

"""The secrets of second factors, sealed: a copy of the file that holds them gets nobody past a login.

The key is made of the key file, which stands outside every database (docs/operations.md).
"""

from base64 import b32encode, urlsafe_b64encode
from hashlib import blake2b
from secrets import token_bytes

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

_MARK = "sealed:"
_SECRETS = ("secret", "seed")  # of an authenticator app, of recovery codes


def seal(text: str) -> str:
    """As it is kept."""
    return _MARK + _key().encrypt(text.encode()).decode()


def opened(kept: str) -> str:
    """What was sealed. Under another key it is a secret that nobody has, so that no code is right."""
    if not kept.startswith(_MARK):
        return kept  # of before
    try:
        return _key().decrypt(kept.removeprefix(_MARK).encode()).decode()
    except InvalidToken:
        return b32encode(token_bytes(20)).decode()


def seal_all() -> None:
    """What an earlier version has kept as it was."""
    from allauth.mfa.models import Authenticator

    for each in Authenticator.objects.all():
        plain = {name: each.data[name] for name in _SECRETS if name in each.data}
        unsealed = {name: text for name, text in plain.items() if not text.startswith(_MARK)}
        if unsealed:
            data = {**each.data, **{name: seal(text) for name, text in unsealed.items()}}
            Authenticator.objects.filter(pk=each.pk).update(data=data)


def _key() -> Fernet:
    made = blake2b(b"second factors", key=settings.CHOSEN.django_secret.encode()[:64], digest_size=32)
    return Fernet(urlsafe_b64encode(made.digest()))

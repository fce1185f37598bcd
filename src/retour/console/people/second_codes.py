"""A code of an authenticator app is good once, for as long as it would be right (RFC 6238 §5.2).

The library remembers a used code for one period; with a tolerance of one on either side it stays right for
three, so that whoever looked over a shoulder could use it again.
"""

from hashlib import sha256
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache

_PERIOD = 30  # seconds (RFC 6238 §4.1)
_RIGHT = _PERIOD * (2 * settings.MFA_TOTP_TOLERANCE + 1)


class Authenticate(AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The code that is asked for after a password."""

    def clean_code(self) -> str:
        """Raises ValidationError for a wrong one, and for one that was used."""
        refuse_used(self)
        code: str = super().clean_code()
        remember(self)
        return code


class Reauthenticate(ReauthenticateForm):  # type: ignore[misc]  # as above
    """The code that is asked for once more before an act."""

    def clean_code(self) -> str:
        """As above."""
        refuse_used(self)
        code: str = super().clean_code()
        remember(self)
        return code


def refuse_used(form: Any) -> None:
    """Raises ValidationError where this person has used the code of a form, in the words for a wrong one."""
    if cache.get(_place(form)) is not None:
        raise get_adapter().validation_error("incorrect_code")


def remember(form: Any) -> None:
    """The code of an app is used now; one for emergencies is struck off its list by the library."""
    if form.authenticator.type == Authenticator.Type.TOTP:
        cache.set(_place(form), True, _RIGHT)


def _place(form: Any) -> str:
    # A digest: what somebody types may be no key of a cache.
    typed = normalize_user_code(form.cleaned_data["code"]).encode("utf-8", "surrogatepass")
    return f"retour.used.{form.user.pk}.{sha256(typed).hexdigest()}"

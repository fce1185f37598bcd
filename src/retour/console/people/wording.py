"""What the library of logins says, in our words: looked up when it is read, in the reader's language."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core import validators
from django.utils.functional import lazystr
from django.utils.translation import get_language

from retour.texts import LANGUAGES, catalogue

MFA_ERRORS = (
    "incorrect_code", "cannot_delete_authenticator", "cannot_generate_recovery_codes", "unverified_email",
)  # fmt: skip
SOCIAL_ERRORS = ("no_password", "disconnect_last", "connected_other")
ACCOUNT_ERRORS = (
    "email_password_mismatch", "too_many_login_attempts", "account_inactive", "enter_current_password",
    "incorrect_password", "incorrect_code", "invalid_login", "invalid_password_reset", "unknown_email",
    "rate_limited", "same_as_current", "email_taken",
)  # fmt: skip


class _Said:
    """A text that is looked up anew each time it is written."""

    def __init__(self, key: str, values: dict[str, object]) -> None:
        self._key, self._values = key, values

    def __str__(self) -> str:
        language = (get_language() or LANGUAGES[0])[:2]
        return catalogue(f"console.{language if language in LANGUAGES else LANGUAGES[0]}")(
            self._key, **self._values
        )


def said(key: str, **values: object) -> Any:
    """The text of a key, for what is made before anybody reads it."""
    return lazystr(_Said(key, values))


def errors(names: tuple[str, ...]) -> dict[str, Any]:
    """Refusals of the library by its own names for them."""
    return {name: said(f"sign_error.{name}") for name in names}


def reword() -> None:
    """What every form says of its fields. Once in a process."""
    forms.Field.default_error_messages["required"] = said("field_error.required")
    forms.ChoiceField.default_error_messages["invalid_choice"] = said("field_error.choice")
    validators.validate_email.message = said("field_error.email")


class LongEnough(password_validation.MinimumLengthValidator):
    """Eight characters."""

    def get_error_message(self) -> Any:
        """What is wrong, with the number asked for."""
        return said("field_error.short", count=self.min_length)


class NotCommon(password_validation.CommonPasswordValidator):
    """None of the twenty thousand that are tried first."""

    def get_error_message(self) -> Any:
        """What is wrong."""
        return said("field_error.common")


class NotSimilar(password_validation.UserAttributeSimilarityValidator):
    """Not the address itself."""

    def get_error_message(self) -> Any:
        """What is wrong."""
        return said("field_error.similar")

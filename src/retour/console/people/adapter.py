"""What allauth asks of us: nobody signs up by themselves, neither here nor by another's login."""

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from retour.console.people.sealed import opened, seal
from retour.console.people.wording import ACCOUNT_ERRORS, MFA_ERRORS, SOCIAL_ERRORS, errors

_log = structlog.get_logger(__name__)


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """People come by invitation."""

    error_messages = DefaultAccountAdapter.error_messages | errors(ACCOUNT_ERRORS)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """One that the mail server does not take is told in the log alone: the page says the same to whoever
        asks for a known address and for one that is not here."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:  # what smtplib raises is one, too (SMTPException)
            _log.error("a mail was not sent", mail=template_prefix, error=type(error).__name__)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """A login of another (OpenID Connect) is believed for people who are invited already."""

    error_messages = DefaultSocialAccountAdapter.error_messages | errors(SOCIAL_ERRORS)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never."""
        return False


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Second factors, as the library has them, with their secrets sealed."""

    error_messages = DefaultMFAAdapter.error_messages | errors(MFA_ERRORS)

    def encrypt(self, text: str) -> str:
        """As it is kept."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """As it was."""
        return opened(encrypted_text)

"""What the console mails: invitations, and links to choose another password."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend


class Backend(EmailBackend):
    """By SMTP, marked as made by a machine: no absence notice is an answer to it (RFC 3834 §5)."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were handed over."""
        for each in email_messages:
            each.extra_headers.setdefault("Auto-Submitted", "auto-generated")
        return super().send_messages(email_messages) or 0

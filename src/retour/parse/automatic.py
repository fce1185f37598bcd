"""Mail that answers by itself and is no bounce: absence notes, challenges, receipts."""

import re
from typing import Final

from retour.mime import Block
from retour.parse.absence import tells_absence, waits_for_proof
from retour.parse.notice import Notice
from retour.parse.phrases import phrases_of, says

_VENDOR: Final[tuple[bytes, ...]] = (
    *(b"x-autoreply", b"x-autorespond", b"x-autoresponder"),
    *(b"x-auto-reply-from", b"x-mail-autoreply"),
)
_AUTOREPLY_HINTS: Final[tuple[str, ...]] = (
    *("auto", "office", "vacation", "holiday"),
    *("abwesen", "автоответ", "自动", "自動"),
)
_AUTOREPLY: Final = re.compile(
    "|".join(
        (
            r"(?:^|[\[(:] ?)auto(?:matic(?:ally)?)?[- ]?(?:generated )?(?:reply|response|antwort|answer)",
            r"^auto:",
            r"(?:^|\W)autorespon",
            r"out of (?:the )?office",
            r"^(?:re: *)?on (?:vacation|holiday|leave)\b",
            r"^(?:re: *)?(?:vacation|holiday) (?:reply|response|message|notice)",
            r"abwesenheits",
            r"automatische (?:antwort|abwesenheit)",
            r"r[ée]ponse automatique",
            r"risposta automatica",
            r"respuesta autom[áa]tica",
            r"resposta autom[áa]tica",
            r"automatyczna odpowied",
            r"автоответ",
            r"自动回复",
            r"自動(?:応答|返信)",
        )
    )
)
# What is asked of somebody who signs up, not of one who wrote to a person.
_SIGN_UP: Final[tuple[str, ...]] = (
    *(
        "subscrib",
        "subscription",
        "newsletter",
        "mailing list",
        "registration",
        "moderator",
        "registrier",
        "anmeldung",
    ),
    *("abonnement", "iscrizione", "inscription", "inscripción", "inscrição", "suscripción", "подписк"),
)


def answers_by_itself(notice: Notice) -> bool:
    """Whether a mail calls itself somebody's automatic answer; many reports of delivery do so as well."""
    head, subject = notice.mail.head, notice.subject()
    if head.has_one_of(_VENDOR):
        return True
    return says(_AUTOREPLY_HINTS, subject) and _AUTOREPLY.search(subject) is not None


def is_automatic_reply(notice: Notice) -> bool:
    """RFC 3834 §5 and what vendors wrote before it. Asked only after reports of delivery are ruled out."""
    head = notice.mail.head
    if is_auto_replied(head):
        return True
    if head.value(b"precedence").lower() in (b"auto_reply", b"auto-reply"):
        return True
    if answers_by_itself(notice):
        return True
    return not is_list_mail(head) and not head.has(b"list-unsubscribe") and tells_absence(notice)


def is_from_nobody_alone(notice: Notice) -> bool:
    """Whether words are sent to be answered by nobody (RFC 3834 §3.3), asked where nothing else tells what
    they are: mostly a reply, and perhaps a report in words that we do not know."""
    return from_nobody(notice) and not is_list_mail(notice.mail.head) and not notice.words.isspace()


def is_auto_replied(head: Block) -> bool:
    """RFC 3834 §5: auto-replied; "vacation" of older programs. Exim writes it into its reports as well."""
    auto = head.value(b"auto-submitted").split(b";")[0].split(b"(")[0].strip().lower()
    return auto == b"auto-replied" or auto.startswith(b"vacation")


def is_unsubscribe(notice: Notice) -> bool:
    """What a reader's program sends to the mailto: address of List-Unsubscribe (RFC 2369 §3.2)."""
    subject = notice.subject().strip()
    if subject == "unsubscribe":
        return True
    return phrases_of("answers.toml").are("unsubscribe", subject) and _is_short(notice)


def _is_short(notice: Notice) -> bool:
    """Whether there is little more to read than the subject."""
    return len(notice.words) < 300


def is_challenge(notice: Notice) -> bool:
    """Challenge and response: a machine asks the sender to prove that it is a person."""
    words = f"{notice.subject()} {notice.plain()}"
    asked = phrases_of("answers.toml").stand_in("challenge", words) or waits_for_proof(notice)
    if not asked or is_list_mail(notice.mail.head) or says(_SIGN_UP, words):
        return False
    return phrases_of("answers.toml").stand_in("waiting", words)


def is_aggregate_report(notice: Notice) -> bool:
    """Reports on authentication and transport of a day: RFC 7489 §7.2.1.1, RFC 8460 §3."""
    return notice.subject().startswith("report domain:")


def from_nobody(notice: Notice) -> bool:
    """The null sender (RFC 5321 §4.5.5), as the delivering server wrote it down."""
    return notice.mail.head.value(b"return-path") == b"<>" or notice.sender().rstrip().endswith("<>")


def is_list_mail(head: Block) -> bool:
    """RFC 2369, RFC 2919: what a mailing list distributes is no answer to us."""
    return head.has(b"list-post") or head.has(b"list-id")

"""Mail that answers by itself and is no bounce: absence notes, challenges, receipts."""

import re

from retour.mime import Block
from retour.parse.absence import tells_absence
from retour.parse.notice import Notice
from retour.parse.phrases import says

_VENDOR = (b"x-autoreply", b"x-autorespond", b"x-autoresponder", b"x-auto-reply-from", b"x-mail-autoreply")
_AUTOREPLY_HINTS = ("auto", "office", "vacation", "holiday", "abwesen", "автоответ", "自动", "自動")
_AUTOREPLY = re.compile(
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
_CHALLENGE_HINTS = (
    *("confirm", "verif", "authenticat", "validat", "challenge", "to have your ", "prove ", "senders"),
    *("add yourself", "bestätig", "confermare", "подтверд"),
)
_CHALLENGE = re.compile(
    "|".join(
        (
            r"(?:please|must|need to) (?:confirm|verify|authenticate) (?:your|that you|this) "
            r"(?:e-?mail|message|address|sender|are)",
            r"sender (?:verification|validation|authentication) (?:required|request)",
            r"challenge[- ]response",
            r"(?:e-?mail|message)[^.]{0,60}(?:awaiting|waiting for|pending) "
            r"(?:your )?(?:verification|confirmation)",
            r"to have your (?:message|e-?mail) delivered",
            r"(?:verify|prove|confirm) that you(?:'re| are) (?:an? )?(?:real |actual )?(?:person|human)",
            r"(?:be added|add yourself) to (?:my|our|his|her|the) [\w -]{0,30}(?:list|senders)",
            r"being held because the address[^.]{0,330} has not been (?:verified|confirmed)",
            r"bitte bestätigen sie (?:ihre|diese|dass)",
            r"(?:veuillez|merci de) confirmer (?:votre|que vous)",
            r"confirme (?:su|tu|o seu|a sua) (?:mensaje|correo|direcci|mensagem|endere|e-?mail)",
            r"confermare (?:il|la) (?:suo|sua|tuo|tua)",
            r"подтвердите,? (?:свой|ваш|что)",
        )
    )
)
# A challenge is about a message that waits; without one it is somebody's sign-up form.
_WAITING = (
    *("your message", "your mail ", "your email to", "your e-mail to", "message you sent", "this message"),
    *("delivered", "my inbox", "approved", "unsolicited", "spam", "junk", "waitlist", "whitelist"),
    *("ihre nachricht", "diese nachricht", "zugestellt", "votre message", "su mensaje", "tu mensaje"),
    *("suo messaggio", "tuo messaggio", "sua mensagem", "ваше письмо", "ваше сообщение"),
)


def answers_by_itself(notice: Notice) -> bool:
    """Whether a mail calls itself somebody's automatic answer; many reports of delivery do so as well."""
    head, subject = notice.mail.head, notice.subject()
    if b"auto" in head.low and any(head.has(name) for name in _VENDOR):
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
    if is_list_mail(head):
        return False
    # RFC 3834 §3.3: words that are sent to be answered by nobody
    if from_nobody(notice) and not notice.words.isspace():
        return True
    return not head.has(b"list-unsubscribe") and tells_absence(notice)


def is_auto_replied(head: Block) -> bool:
    """RFC 3834 §5: auto-replied; "vacation" of older programs. Exim writes it into its reports as well."""
    auto = head.value(b"auto-submitted").split(b";")[0].split(b"(")[0].strip().lower()
    return auto == b"auto-replied" or auto.startswith(b"vacation")


def is_unsubscribe(notice: Notice) -> bool:
    """What a reader's program sends to the mailto: address of List-Unsubscribe (RFC 2369 §3.2)."""
    return notice.subject().strip() == "unsubscribe"


def is_challenge(notice: Notice) -> bool:
    """Challenge and response: a machine asks the sender to prove that it is a person."""
    words = f"{notice.subject()} {notice.plain()}"
    if not says(_CHALLENGE_HINTS, words):
        return False
    return _CHALLENGE.search(words) is not None and says(_WAITING, words)


def from_nobody(notice: Notice) -> bool:
    """The null sender (RFC 5321 §4.5.5), as the delivering server wrote it down."""
    return notice.mail.head.value(b"return-path") == b"<>" or notice.sender().rstrip().endswith("<>")


def is_list_mail(head: Block) -> bool:
    """RFC 2369, RFC 2919: what a mailing list distributes is no answer to us."""
    return head.has(b"list-post") or head.has(b"list-id")

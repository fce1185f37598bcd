"""Where fuzzing begins: for each target inputs of our own, and what once broke it."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

from retour.classify import packaged

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples"
RULES = HERE.parents[1] / "src" / "retour" / "classify" / "rules"
MAILS = ("judge", "mime", "parse")
FOLDERS = {"body": "providers", "log": "logs"}
DIALOGUE = (
    b"%s mx.example\r\nMAIL FROM:<> SIZE=100 RET=HDRS ENVID=x+3Dy\r\nRCPT TO:<ann@b.example> NOTIFY=NEVER\r\n"
    b"RCPT TO:<bob@b.example>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nRSET\r\nNOOP\r\nVRFY x\r\nQUIT\r\n"
)
SUBMISSION = (
    b"EHLO x\r\nAUTH PLAIN\r\nAHNob3AAc2VjcmV0\r\nMAIL FROM:<a@b.example> BODY=8BITMIME AUTH=<>\r\n"
    b"RCPT TO:<ann@b.example>\r\nRCPT TO:<bob@b.example>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n"
)
OTHERS = {
    "address": [
        b"Ann.Bee+tag@GMAIL.com",
        "jos\u00e9@b\u00fccher.example".encode(),
        b'"a b"@[IPv6:2001:db8::1]',
        b"a..b.@docomo.ne.jp",
    ],
    "encoded": [
        b"iso-2022-jp\n\x1b$B$3\x1b(B =?utf-8?q?a_=C3=A9?= =?gb18030?b?xOO6ww==?=",
        b"utf-8\n; charset=\"x\"; name*0*=utf-8'en'%e2%82; name*1*=%ac; a=b",
    ],
    "mailbox": [
        b"From a@b Sun Mar  1 09:00:00 2026\nX: x\n\n>From here\n\nFrom c@d Sun Mar  1 09:00:00 2026\nx\n"
    ],
    "notification": [
        json.dumps(
            {
                "notificationType": "Bounce",
                "bounce": {
                    "bounceSubType": "General",
                    "bouncedRecipients": [
                        {
                            "emailAddress": "a@b.example",
                            "action": "failed",
                            "status": "5.1.1",
                            "diagnosticCode": "smtp; 550 no",
                        }
                    ],
                },
            }
        ).encode(),
        b'{"notificationType": "Complaint", "complaint": {"complainedRecipients": [{"emailAddress": "a"}]}}',
        b'{"notificationType": "Delivery", "delivery": {"recipients": ["a@b.test"], "smtpResponse": "250"}}',
    ],
    "policy": [b"request=smtpd_access_policy\nsender=news@shop.example\nrecipient=ann@b.example\n"],
    "socketmap": [b"20:access ann@b.example,20:return x@ret.example,", b"0:,4097:", b"007:access ,"],
    "return_address": [bytes(range(16)), b"rt-" + b"a" * 40],
    "smtp": [DIALOGUE % b"EHLO", DIALOGUE % b"LHLO"],
    "submission": [SUBMISSION, SUBMISSION.replace(b"..dot\r\n", b".\n.\r\n")],
}


def seeds(target: str) -> Iterator[bytes]:
    """The inputs of ours for a target."""
    if target in MAILS:
        for file in sorted((SAMPLES / "mails").glob("*.eml")):
            yield file.read_bytes()
    elif target == "rules":
        for file in sorted(RULES.rglob("*.toml")):
            yield file.read_bytes()
    elif target in FOLDERS:
        for file in sorted((SAMPLES / FOLDERS[target]).glob("*[!l]")):  # not what is expected of them: .toml
            yield file.read_bytes()
    elif target == "reply":
        for rule in packaged().rules:
            for sample in rule.samples[:1]:
                yield sample.encode()
        for file in sorted((SAMPLES / "replies").glob("*.toml")):
            for table in tomllib.loads(file.read_text("utf-8")).values():
                yield next(iter(table)).encode()
    else:
        yield from OTHERS[target]


def finds(target: str) -> list[Path]:
    """What once broke a target, by name; a mail is one for every target of mails."""
    targets = MAILS if target in MAILS else (target,)
    return sorted(file for each in targets for file in (HERE / "finds" / each).glob("*") if file.is_file())

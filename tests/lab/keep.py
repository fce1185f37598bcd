"""Makes samples of what was provoked: `python -m lab.keep DIRECTORY`, with what scripts/lab collected there.

The truth of a sample is what was provoked (world.toml, scenarios.toml), and what the mail's own fields say to
Python's email package; our own parser has no part in it.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from lab.__main__ import SCENARIOS
from lab.names import WORLD

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "samples" / "mails"
KEPT: dict[str, dict[str, Any]] = tomllib.loads((HERE / "kept.toml").read_text("utf-8"))
SYSTEMS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "systems.toml").read_text("utf-8"))
TRUTHS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "truths.toml").read_text("utf-8"))
_HELPERS = ("m4 ", "ca-certificates ", "sendmail-cf ", "nodejs ", "dovecot-lmtpd ", "dovecot-sieve ")
_VAGUE = (".0.0", ".4.7")  # the words of the other server may say more, and a reader may find them
_KINDS = {"failed": "bounce", "delayed": "delay", "delivered": "delivered", "relayed": "delivered"}


class Provoked:
    """One mail that came home, and what Python's email package reads in it."""

    def __init__(self, place: Path) -> None:
        self.raw = place.read_bytes()
        self.home = place.with_suffix(".envelope").read_text("utf-8").split()[-1]
        self.message = message_from_bytes(self.raw)
        self.fields = [block for part in self._reports() for block in part if _names(block)]
        self.words = " ".join(self._told().split())

    def _reports(self) -> Iterator[list[Message]]:
        for part in self.message.walk():
            if part.get_content_type().endswith("delivery-status"):
                blocks = part.get_payload()
                if isinstance(blocks, str):  # message/global-delivery-status is no message to Python
                    blocks = [
                        message_from_bytes(block.encode()) for block in re.split(r"\n\s*\n", _text(part))
                    ]
                yield blocks

    def _told(self) -> str:
        """Everything but the returned mail: that stands last, and begins at our From."""
        text = self.raw.decode("utf-8", "replace")
        return text.partition('From: "Shop Example"')[0] + text.partition("\n--")[0]

    @property
    def scenario(self) -> str:
        """Which scenario it came of, by the return address; the copies for a postmaster are of "double"."""
        return self.home.removeprefix("rt-").partition("@")[0] if self.home.startswith("rt-") else ""

    def kind(self) -> str | None:
        """By the Action fields; None when it has none."""
        kinds = [_KINDS[str(block["action"]).split()[0].lower()] for block in self.fields if block["action"]]
        if "Envelope expired" in self.words:  # OpenSMTPD says "delayed" when it gives up
            return "bounce"
        return next((kind for kind in ("bounce", "delay", "delivered") if kind in kinds), None)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _names(block: Message) -> bool:
    return "final-recipient" in block or "original-recipient" in block


def main(lab: Path) -> None:
    """Write all that is kept and not there yet; say what is missing."""
    for title, kept in KEPT.items():
        system = title.partition(" ")[0]
        mails = [Provoked(place) for place in sorted((lab / "mails" / system).glob("*.eml"))]
        listed = (lab / "roots" / f"{system}.versions").read_text().splitlines()
        installed = SYSTEMS[system].get("versions", listed)
        version = [each for each in installed if not each.startswith(_HELPERS)]
        for offset, choice in enumerate(kept["mails"]):
            name, _, wanted = choice.partition(":")
            found = chosen(mails, name, wanted)
            if found is None:
                print(f"keep: {system}: no {choice}")
                continue
            stem = f"{kept['number'] + offset}-{system.partition('@')[0]}-{choice.replace(':', '-')}"
            if (SAMPLES / f"{stem}.eml").exists():  # samples stay: to have it anew, remove it first
                continue
            (SAMPLES / f"{stem}.eml").write_bytes(found.raw)
            truth = expected(found, system, name, wanted, kept.get("mta"))
            head = f"# Provoked: {', '.join(version)}; scenario {choice} (tests/lab/scenarios.toml).\n"
            (SAMPLES / f"{stem}.expected.toml").write_text(head + toml(truth), "utf-8")


def chosen(mails: Sequence[Provoked], name: str, wanted: str) -> Provoked | None:
    """The last word of a scenario, or its first warning."""
    mine = [mail for mail in mails if mail.scenario == name]
    if SCENARIOS[name].get("double"):
        mine = [mail for mail in mails if mail.home.startswith("owner@") and "loop" not in mail.words]
    if name == "absence":
        mine = mine or [mail for mail in mails if mail.home.startswith("news@")]
    if wanted == "delay":
        return next((mail for mail in mine if mail.kind() == "delay"), None)
    wishes = SCENARIOS[name].get("mails", ["bounce"])
    right = [mail for mail in mine if mail.kind() in (wishes[-1], None)]
    return right[-1] if right else None


def expected(mail: Provoked, system: str, name: str, wanted: str, mta: str | None) -> dict[str, Any]:
    """The expectation, as tests/core/test_parse_samples.py reads it."""
    scenario = SCENARIOS[name] | ({} if wanted else TRUTHS.get(f"{system.partition('@')[0]}.{name}", {}))
    kind = "delay" if wanted else scenario.get("mails", ["bounce"])[-1]
    truth: dict[str, Any] = {"kind": kind}
    if "missed" in scenario:
        truth["missed"] = scenario["missed"]
    if str(mail.message["message-id"]).startswith("<dovecot-"):
        mta = "dovecot"  # the others are of the Postfix before it
    if mta and kind != "autoreply":
        truth["mta"] = mta
    if kind == "autoreply":
        return truth | {"reports": []}
    truth["reports"] = [report(mail, scenario, to, kind) for to in told_of(mail, scenario)]
    if not scenario.get("double") and f"{name}.4711@shop.example" in mail.raw.decode("utf-8", "replace"):
        truth["original"] = {"message_id": f"{name}.4711@shop.example"}
    return truth


def told_of(mail: Provoked, scenario: Mapping[str, Any]) -> list[str]:
    """Which recipients this mail is about, in its order: those of the scenario that it names."""
    if scenario.get("double"):
        return [scenario["sender"]]
    finals = [_bare(str(block["final-recipient"])) for block in mail.fields]
    whom = scenario.get("recipients") or scenario.get("final") or scenario.get("failing") or scenario["to"]
    if scenario.get("mails") == ["delivered", "bounce"] and len(finals) < 2:
        whom = whom[1:]
    if len(whom) == 1 and whom[0] not in mail.words and scenario.get("final"):
        return [to for to in scenario["final"] if to in mail.words]
    named = [to for to in whom if to in mail.words or len(whom) == 1]
    blocks = [block_of(mail, to) for to in named]
    return [
        to for _, to in sorted(zip([mail.fields.index(b) if b else 0 for b in blocks], named, strict=True))
    ]


def report(mail: Provoked, scenario: Mapping[str, Any], to: str, kind: str) -> dict[str, Any]:
    """What must be read about one recipient."""
    block = block_of(mail, to)
    answer = answer_to(to)
    action = str(block["action"]).split()[0].lower() if block is not None and block["action"] else None
    kind = _KINDS[action] if action and kind != "bounce" else kind
    if action in ("delivered", "relayed"):
        kind, answer = "delivered", {}
    said: dict[str, Any] = {"kind": kind, "recipient": whom_we_wrote_to(scenario, to, block)}
    if action:
        said["action"] = action
    said |= codes(mail, scenario, answer, block)
    if kind != "delivered":
        cause = scenario if "reason" in scenario or "group" in scenario else answer
        cause = scenario.get("told", {}).get(to, cause)
        said |= {key: cause[key] for key in ("reason", "group") if key in cause}
    return said


def block_of(mail: Provoked, to: str) -> Message | None:
    """The fields about a recipient: that name it as one, else that name it at all, else the only ones."""
    by_name = [b for b in mail.fields if to in f"{b['final-recipient']} {b['original-recipient']}"]
    by_words = [b for b in mail.fields if to in b.as_string()]
    found = by_name or by_words or (mail.fields if len(mail.fields) == 1 else [])
    return found[0] if found else None


def answer_to(to: str) -> Mapping[str, Any]:
    """What the scripted servers answer to an address: to its local part, or with their greeting."""
    local, _, domain = to.partition("@")
    about: Mapping[str, Any] = WORLD["domains"].get(domain, {})
    if domain.startswith("local."):
        return {}
    if "greets" in (host := WORLD["hosts"].get(about.get("mx"), {})):
        return {**about, "reply": host["greets"]}
    return dict(WORLD["answers"].get(local.partition("+")[0], about))


def whom_we_wrote_to(scenario: Mapping[str, Any], to: str, block: Message | None) -> str:
    """A report is about the address that was written to, where it names that one (model.Report)."""
    if block is not None and "orcpt" in scenario and "original-recipient" in block:
        return str(scenario["orcpt"])
    if "final" not in scenario:
        return to
    told = f"{block['original-recipient']} {block['final-recipient']}" if block is not None else ""
    stands_for_one = len(scenario["final"]) == 1 or to not in told
    return str(scenario["to"][0]) if scenario["to"][0] in told and stands_for_one else to


def codes(
    mail: Provoked, scenario: Mapping[str, Any], answer: Mapping[str, Any], block: Message | None
) -> dict[str, Any]:
    """The codes that were answered where the mail repeats them, else the Status field."""
    said: dict[str, Any] = {}
    lines = [line.strip() for line in str(answer.get("reply", "")).strip().splitlines()]
    repeated = bool(lines) and max(lines[-1][4:].split("{to}"), key=len).strip() in mail.words
    if lines and repeated:
        said["reply_code"] = lines[-1][:3]
    given = re.match(r"\d{3}[ -]([245]\.\d+\.\d+)", lines[-1]) if repeated else None
    stated = re.search(r"[245]\.\d+\.\d+", str(block["status"])) if block is not None else None
    if given or (stated and not stated[0].endswith(_VAGUE)) or "status" in scenario:
        said["status"] = scenario.get("status") or (given[1] if given else stated[0] if stated else None)
    words = lines[-1][4:].removeprefix(given[1] if given else "").strip() if lines else ""
    there = mail.words if block is None or "diagnostic-code" not in block else str(block["diagnostic-code"])
    if repeated and words in " ".join(there.split()) and words and "{to}" not in words:
        said["diagnostic_contains"] = words
    return said


def _bare(value: str) -> str:
    return value.partition(";")[2].strip() or value


def toml(truth: Mapping[str, Any]) -> str:
    """As the other expectations are written."""
    plain = {key: value for key, value in truth.items() if key not in ("reports", "original") or value == []}
    text = "".join(f"{key} = {_value(value)}\n" for key, value in plain.items())
    for each in truth["reports"]:
        text += "\n[[reports]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in each.items())
    if "original" in truth:
        text += "\n[original]\n" + "".join(f"{k} = {_value(v)}\n" for k, v in truth["original"].items())
    return text


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    main(Path(sys.argv[1]))

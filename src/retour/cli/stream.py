"""What `retour explain` and `retour classify` do: one mail or reply in, one answer out, and it is forgotten.

Each answer is written before the next mail is read, so that whoever reads them need not wait, and memory
does not grow with the stream. Nothing ends the stream but its end, Ctrl-C, or a reader that goes away.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from retour.classify import classifier
from retour.cli.lines import ended, lines, say, standard_input
from retour.cli.logs import entries, explained_entry
from retour.cli.messages import PACKED, Message, Missing, messages
from retour.cli.terminal import safe
from retour.collector import collect_seldom
from retour.flow.judge import explained, explained_report, judge, judge_reply
from retour.inlets.mailboxes import STANDARD_INPUT
from retour.lifecycle import preset, preset_names
from retour.parse.logs import LOGS, Entry
from retour.parse.providers import PROVIDERS
from retour.texts import LANGUAGES, catalogue

if TYPE_CHECKING:
    from retour.classify import Classifier, Rulebook
    from retour.lifecycle import Policy
    from retour.parse.providers.generic import Map
    from retour.texts import Catalogue

NOT_READ = 2  # a path that is not there, or a directory that cannot be read
FORMS = ("mail", *LOGS, *PROVIDERS)  # what `retour explain --as` reads

Shown = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Showing:
    """How answers are made and shown."""

    as_json: bool
    policy: "Policy"
    say: "Catalogue"
    rules: "Classifier"
    provider: str | None = None  # whose recorded bodies they are; None: mails
    mapping: "Map | None" = None  # where the fields of a generic body stand


def showing(
    as_json: bool,
    preset_name: str | None = None,
    lang: str | None = None,
    rules: "Classifier | None" = None,
) -> Showing | None:
    """How answers are made and shown; None for a preset or a language that there is not."""
    name, language = preset_name or preset_names()[0], lang or LANGUAGES[0]
    if name not in preset_names() or language not in LANGUAGES:
        return None
    return Showing(as_json, preset(name), catalogue(language), rules or classifier())


def explain(paths: Iterable[str], files_from: str | None, how: Showing, form: str = FORMS[0]) -> int:
    """Explain all messages of the paths, then of those that the lines of a file name. The exit status.

    `form`: one of FORMS, what stands in the files.
    """
    if form in PROVIDERS:
        how = replace(how, provider=form)
    collect_seldom()
    return ended(lambda: _explain(_found(paths, files_from, form), how), how.say)


def classify(how: Showing) -> int:
    """Classify the replies on standard input, one a line. The exit status."""
    collect_seldom()
    return ended(lambda: _classify(how), how.say)


def _explain(found: Iterable[Message | Missing | tuple[str, Entry]], how: Showing) -> int:
    status = 0
    for message in found:
        if not isinstance(message, (Message, Missing)):
            _tell(explained_entry(*message, how.policy, how.rules), how, _words_of_message)
            continue
        if isinstance(message, Message):
            _tell(_explained(message, how), how, _words_of_message)
            if not message.unread and PACKED not in message.defects:
                continue
        else:
            status = NOT_READ
        _complain(message, how)
    return status


def _explained(message: Message, how: Showing) -> Shown:
    if how.provider is None:
        return explained(message.source, judge(message.raw, how.rules), how.policy, message.defects)
    from retour.flow.webhooks import explained_body

    return explained_body(
        message.source, how.provider, message.raw, how.policy, how.rules, message.defects, how.mapping
    )


def _classify(how: Showing) -> int:
    for line in lines(standard_input()):
        reply = line.decode("utf-8", "replace").rstrip("\r\n")
        _tell(explained_report(*judge_reply(reply, how.rules), how.policy), how, _words_of_report)
    return 0


def _found(
    paths: Iterable[str], files_from: str | None, form: str
) -> Iterator[Message | Missing | tuple[str, Entry]]:
    for path in chain(paths, _listed(files_from)):
        if isinstance(path, Missing):
            yield path
        elif form in LOGS:
            for each in entries(form, path):
                yield (path, each) if isinstance(each, Entry) else each
        else:
            yield from messages(path)


def _listed(files_from: str | None) -> Iterator[str | Missing]:
    if files_from == STANDARD_INPUT:
        yield from _named(standard_input())
    elif files_from:
        try:
            with Path(files_from).open("rb") as stream:
                yield from _named(stream)
        except FileNotFoundError:
            yield Missing(files_from)
        except OSError as error:
            yield Missing(files_from, error.strerror or str(error))


def _named(stream: BinaryIO) -> Iterator[str]:
    """The paths in the lines of a stream; empty lines name none."""
    return filter(None, (os.fsdecode(line.rstrip(b"\r\n")) for line in lines(stream)))


def _tell(shown: Shown, how: Showing, words: "Callable[[Shown, Catalogue, Rulebook], list[str]]") -> None:
    text = json.dumps(shown) if how.as_json else "\n".join([*words(shown, how.say, how.rules.book), ""])
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _words_of_message(shown: Shown, say: "Catalogue", book: "Rulebook") -> list[str]:
    from retour.cli.wording import message_in_words

    return message_in_words(shown, say, book)


def _words_of_report(shown: Shown, say: "Catalogue", book: "Rulebook") -> list[str]:
    from retour.cli.wording import report_in_words

    return report_in_words(shown, say, book)


def _complain(message: Message | Missing, how: Showing) -> None:
    linked = isinstance(message, Missing) and message.linked
    packed = isinstance(message, Message) and PACKED in message.defects
    name = "packed" if packed else "unread" if message.unread else "linked" if linked else "no_path"
    say(how.say(f"error.{name}", path=safe(message.source), reason=safe(message.unread)))

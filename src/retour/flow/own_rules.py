"""An operator's own rules: read, checked by more than their form, and put before ours.

A file at fault is refused as a whole, with every fault: rules that somebody believes to hold and that do not
would be worse than none.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from retour.classify import Classifier, Rule, Rulebook, classifier, packaged
from retour.classify.lint import LARGEST, faults_of_all, lint
from retour.classify.rulefile import Fault, with_own
from retour.flow.judge import failing_samples, reply_from
from retour.model import Group
from retour.texts import Catalogue


class RuleFile(NamedTuple):
    """A file of rules as an operator wrote it."""

    name: str
    text: str


class Found(NamedTuple):
    """A fault and the file that it is in."""

    file: str
    fault: Fault


class OwnRulesError(ValueError):
    """Files of rules that cannot be used; `found` has every fault."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(f"{file}: {fault.rule}: {fault.name}" for file, fault in found))


def classifier_with(files: Sequence[RuleFile]) -> Classifier:
    """A classifier that tries these rules before ours; over no files, one over ours. Raises OwnRulesError.

    A value of its own: two of them in one process know nothing of each other.
    """
    if not files:
        return classifier()
    found, made = _checked(files)
    if found or made is None:
        raise OwnRulesError(found)
    return made


def rules(*paths: Path | str) -> Classifier:
    """A classifier that tries the rules of these files before ours. Raises OwnRulesError."""
    return classifier_with(read(map(Path, paths)))


def read(paths: Iterable[Path]) -> list[RuleFile]:
    """The files at these paths. Raises OwnRulesError for those that cannot be read."""
    files, found = list[RuleFile](), list[Found]()
    for path in paths:
        try:
            with path.open(encoding="utf-8") as stream:
                files.append(RuleFile(str(path), stream.read(LARGEST + 1)))  # a device has no end
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            found.append(Found(str(path), Fault("unreadable", "", {"reason": reason})))
    if found:
        raise OwnRulesError(found)
    return files


def faults_of(files: Sequence[RuleFile]) -> list[Found]:
    """Everything that is wrong with files; what they do to replies only where their form is right."""
    return _checked(files)[0]


def _checked(files: Sequence[RuleFile]) -> tuple[list[Found], Classifier | None]:
    """The faults, and the classifier where the form has none."""
    found = [Found(file.name, fault) for file in files for fault in lint(file.text)]
    if found:
        return found, None
    book = _book(files)
    names = ", ".join(file.name for file in files)
    if found := [Found(names, fault) for fault in faults_of_all(book.own)]:
        return found, None
    of = {rule.id: file.name for file in files for rule in _book([file]).own}
    made = Classifier(book)
    return [Found(of[fault.rule], fault) for fault in _misjudged(made)], made


def in_words(found: Found, texts: Catalogue) -> str:
    """A fault as a sentence; `texts` is the catalogue `rules.<language>`."""
    told = texts(f"fault.{found.fault.name}", **found.fault.values)
    form = "fault" if found.fault.rule else "fault_of_file"
    return texts(f"say.{form}", file=found.file, rule=found.fault.rule, fault=told)


def _book(files: Sequence[RuleFile]) -> Rulebook:
    return with_own(packaged(), (tomllib.loads(file.text) for file in files))


def _misjudged(made: Classifier) -> Iterator[Fault]:
    """Samples that do not give what their rule says, and replies about the living that it calls dead."""
    for rule, sample, got in failing_samples(made, made.book.own):
        yield Fault("sample_fails", rule.id, {"sample": sample, "got": got})
    yield from _deadly(made)


def _deadly(made: Classifier) -> Iterator[Fault]:
    """Rules that declare an address dead by a reply of which we know that it says something else."""
    book = made.book
    dead = [rule for rule in book.own if rule.group is Group.DEAD]
    if not dead:
        return
    hosts = {provider.name: provider.hosts[0] for provider in book.providers}
    told = set[str]()
    for host in (None, *sorted({hosts[rule.provider] for rule in dead if rule.provider})):
        for rule, sample in _living(host):
            said_by = host or hosts.get(rule.provider or "")
            verdict = made.classify(reply_from(sample, said_by))
            found = book.rule(verdict.rule)
            if found is not None and found.own and verdict.group is Group.DEAD and found.id not in told:
                told.add(found.id)
                yield Fault("dead_and_living", found.id, {"sample": sample, "reason": str(rule.reason)})


def _living(host: str | None) -> Iterator[tuple[Rule, str]]:
    """Replies that are not about a dead address; of a known host, none that leave the cause open."""
    for rule in packaged().rules:
        open_ = rule.group is Group.UNKNOWN and host is not None
        if rule.reason is not None and rule.group is not Group.DEAD and not open_:
            yield from ((rule, sample) for sample in rule.samples)

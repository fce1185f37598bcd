"""Rules that staff publish for the whole platform, and shapes that they set aside until these grow."""

import re
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from retour.flow.own_rules import Found, OwnRulesError, RuleFile, classifier_with, in_words
from retour.flow.rules_desk import Published
from retour.flow.trial import Place, Trial, tried_on_queue
from retour.instants import text
from retour.outlets.api.access import Support
from retour.outlets.api.dry import DryRun
from retour.outlets.api.problems import Problem, language_of
from retour.outlets.api.services import services
from retour.ports import Key
from retour.texts import Catalogue, catalogue

router = APIRouter(tags=["unparsed"])

LARGEST = 256 * 1024  # characters
_PUBLISHED = re.compile(r"[0-9]{20}-[0-9a-f]{8}\.toml$")  # as the desk names its files
MOST_TRIED = 1000  # of the queue, the latest: somebody waits


class RulesBody(BaseModel):
    """A file of own rules."""

    model_config = ConfigDict(extra="forbid")

    rules: str = Field(max_length=LARGEST, description="TOML (docs/rules.md)", examples=[""])


class PublishedShape(BaseModel):
    """Rules that somebody has published."""

    id: str
    at: str
    actor: str
    in_force: bool = Field(description="false: taken back")
    rules: str


class PublishedList(BaseModel):
    """The latest first."""

    rules: list[PublishedShape]


class TriedShape(BaseModel):
    """What rules make of the queue."""

    looked_at: int = Field(description="arrivals of the queue, the latest")
    understood: int
    stopped: int = Field(description="addresses that would newly be stopped")
    newly_dead: int = Field(description="of these and others: called dead for the first time")
    living: int = Field(description="of these, with a sign of life since")


class PublishedNow(BaseModel):
    """What was published, or would be."""

    dry_run: bool
    published: PublishedShape | None
    tried: TriedShape | None = Field(description="of a dry run alone")
    retried: int = Field(description="arrivals of the queue that are judged again now")


class AsideBody(BaseModel):
    """How many texts a shape has; it comes back when it has more."""

    model_config = ConfigDict(extra="forbid")

    of: Literal["unparsed", "undetermined"] = "unparsed"
    count: int | None = Field(ge=1, description="null: no more set aside", examples=[6])


class AsideShape(BaseModel):
    """A shape that was set aside, or is no more."""

    id: str
    aside: int | None


@router.get("/v1/rules", summary="Published rules (staff alone)")
def get_rules(request: Request, key: Support) -> PublishedList:
    """Those in force and those taken back; the files of the settings are not among them."""
    _of_staff(key)
    return PublishedList(rules=[_shape(each) for each in services(request).rules.published()])


@router.post("/v1/rules", status_code=201, summary="Publish rules (staff alone)")
def post_rules(request: Request, key: Support, body: RulesBody, dry_run: DryRun = False) -> PublishedNow:
    """In force for what comes from now on, and for the queue, which is judged again. A dry run looks for
    faults and tries the rules on the queue; a replay tries them on what an account has already."""
    _of_staff(key)
    known = services(request)
    try:
        if dry_run:
            return PublishedNow(dry_run=True, published=None, tried=_tried(request, body.rules), retried=0)
        made = known.rules.publish(body.rules, key.actor, known.clock.now())
    except OwnRulesError as error:
        words = catalogue(f"rules.{language_of(request)}")
        faults = "; ".join(in_words(_named(each, words), words) for each in error.found)
        raise Problem("rules_invalid", "rules", faults=faults) from error
    return PublishedNow(dry_run=False, published=_shape(made), tried=None, retried=known.inbox.again(None))


@router.delete("/v1/rules/{id}", summary="Take published rules back (staff alone)")
def delete_rules(request: Request, key: Support, id: str) -> PublishedShape:
    """Out of force from now on. What they have judged stays; a replay of the rules in force undoes it."""
    _of_staff(key)
    found = services(request).rules.take_back(id)
    if found is None:
        raise Problem("rules_unknown", "id")
    return _shape(found)


@router.put("/v1/unparsed/shapes/{id}", summary="Set a shape aside until it grows (staff alone)")
def put_shape(request: Request, key: Support, id: str, body: AsideBody) -> AsideShape:
    """It is shown again when it has more texts than this."""
    _of_staff(key)
    services(request).rules.put_aside(f"{body.of} {id}", body.count)
    return AsideShape(id=id, aside=body.count)


def _of_staff(key: Key) -> None:
    if key.account:
        raise Problem("staff_alone")


def _named(found: Found, words: Catalogue) -> Found:
    """With what people call the files: those in force here, and the text that was sent."""
    files = found.file.split(", ")
    called = {each: words("say.published") for each in files if _PUBLISHED.search(each)}
    if called:
        called["rules"] = words("say.sent")
    return found._replace(file=", ".join(called.get(each, each) for each in files))


def _tried(request: Request, rules: str) -> TriedShape:
    known, trial = services(request), Trial()
    made = classifier_with([RuleFile(*each) for each in known.rules.with_those_in_force(rules)])
    place = Place(known.store, known.inbox, known.keyring, made, known.clock.now())
    for _ in tried_on_queue(trial, place, MOST_TRIED):
        pass
    told = {name: getattr(trial, name) for name in ("understood", "stopped", "newly_dead", "living")}
    return TriedShape(looked_at=trial.unparsed, **told)


def _shape(made: Published) -> PublishedShape:
    return PublishedShape(
        id=made.id, at=text(made.at), actor=made.actor, in_force=made.in_force, rules=made.text
    )

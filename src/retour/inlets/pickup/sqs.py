"""Queues of Amazon SQS: what SES tells by SNS or EventBridge, or anybody in their words.

Long poll, commit, and only then delete. Whatever stands in a message is durable before it is deleted:
what is no event of SES is kept as unparsed, and what comes of a topic that is not ours has no effect.
A message whose deletion fails, or that we died over, becomes visible again and counts once.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from logging import WARNING, getLogger
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError

from retour.inlets.pickup.desk import Desk, TroubleError
from retour.model import Arrival

# At level debug they write their requests, a session's token among it.
for _name in ("boto3", "botocore", "urllib3"):
    getLogger(_name).setLevel(WARNING)

FORM = "ses"
_AT_ONCE = 10  # SQS API Reference, ReceiveMessage: MaxNumberOfMessages
_NO_QUEUE = ("QueueDoesNotExist", "NonExistentQueue")
_REFUSALS = (
    "AccessDenied",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
    "ExpiredToken",
)


class Client(Protocol):
    """What is used of boto3's client of SQS."""

    def receive_message(self, **asked: Any) -> Mapping[str, Any]: ...
    def delete_message_batch(self, **asked: Any) -> Mapping[str, Any]: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Which queue, how it is asked, and whose messages are believed."""

    url: str
    topics: Collection[str] = ()  # ARNs; none is believed where none is listed
    raw: bool = False  # messages without the envelope of SNS are believed too
    wait: int = 20  # seconds of a long poll
    visibility: int = 300  # seconds for which a message in our hands is shown to nobody else


class Sqs:
    """Follows one queue."""

    def __init__(self, place: Place, desk: Desk, connect: Callable[[], Client]) -> None:
        self.desk = desk
        self._place, self._connect = place, connect

    def follow(self) -> None:
        """Receive, keep, delete; until the desk has ended."""
        try:
            client = self._connect()
            try:
                while not self.desk.ended.is_set():
                    self._take_in(client, self._received(client))
            finally:
                client.close()
        except (NoCredentialsError, CredentialRetrievalError) as error:
            raise TroubleError("no_credentials", error) from error
        except ClientError as error:
            raise TroubleError(_code_of(error), error) from error
        except (BotoCoreError, OSError) as error:
            raise TroubleError("no_answer", error) from error

    def abort(self) -> None:
        """A long poll cannot be broken; what it brings later is not ours yet, and becomes visible again."""

    def _received(self, client: Client) -> Sequence[Mapping[str, Any]]:
        answer = client.receive_message(
            QueueUrl=self._place.url,
            MaxNumberOfMessages=_AT_ONCE,
            WaitTimeSeconds=self._place.wait,
            VisibilityTimeout=self._place.visibility,
        )
        found: Sequence[Mapping[str, Any]] = answer.get("Messages", ())
        return found

    def _take_in(self, client: Client, messages: Sequence[Mapping[str, Any]]) -> None:
        if messages and not self.desk.ended.is_set():
            self.desk.counts.waiting = len(messages)
            self.desk.keep([self._arrival(message["Body"]) for message in messages])
            self._delete(client, [message["ReceiptHandle"] for message in messages])
        self.desk.visited()

    def _arrival(self, body: str) -> Arrival:
        raw = body.encode("utf-8", "surrogatepass")
        topic = _topic(raw)
        doubt = ""
        if topic is None and not self._place.raw:
            doubt = "raw_message"
        elif topic is not None and topic not in self._place.topics:
            doubt = "foreign_topic"
        if doubt:
            self.desk.notice(doubt, topic or "", topic or "")
        return self.desk.post(raw, FORM, doubt)

    def _delete(self, client: Client, receipts: Sequence[str]) -> None:
        entries = [{"Id": str(place), "ReceiptHandle": receipt} for place, receipt in enumerate(receipts)]
        answer = client.delete_message_batch(QueueUrl=self._place.url, Entries=entries)
        for failed in answer.get("Failed", ()):
            self.desk.counts.failed += 1
            self.desk.notice("not_deleted", str(failed.get("Code", "")))


def _topic(raw: bytes) -> str | None:
    """The topic of a message in the envelope of SNS; None for what has no such envelope."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not isinstance(said.get("Message"), str):
        return None
    topic = said.get("TopicArn")
    return topic if isinstance(topic, str) else None


def _code_of(error: ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if any(name in code for name in _NO_QUEUE):
        return "no_queue"
    return "not_allowed" if any(name in code for name in _REFUSALS) else "no_answer"

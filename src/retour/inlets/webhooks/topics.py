"""Where the certificates and the confirmation of a topic are: rebuilt out of its name, never taken as given.

A certificate is fetched from a host that a post names: the one request that input may bring about. So the
host is made from the region of a topic that the operator listed, and the URL must be what we would write.
A pattern over hosts would not do: a bucket may be called "sns".
"""

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

_AMAZON = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]{2,10}){1,3}-\d{1,2}):\d{12}:[\w-]{1,256}(?:\.fifo)?",
    re.ASCII,
)
_SCALEWAY = re.compile(r"arn:scw:sns:([a-z]{2}-[a-z]{3}):project-[0-9a-f-]{36}:[\w-]{1,256}", re.ASCII)
_PATH = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem", re.ASCII)
_SCALEWAY_PATH = re.compile(r"(?:/[0-9A-Za-z_-]{1,64}){1,4}\.pem", re.ASCII)
_VERSION = "2010-03-31"  # of the API of SNS

Place = tuple[str, str]
"""Host and path of an https URL on port 443."""


class Rule(Protocol):
    """What holds for the topics of one operator of SNS."""

    def is_topic(self, topic: str) -> bool:
        """Whether a topic can be one of its."""

    def certificate(self, topic: str, url: str) -> Place | None:
        """Where its certificate is; None unless the URL is exactly one that its topics may name."""

    def confirmation(self, topic: str, token: str) -> Place:
        """What confirms a subscription to it."""


@dataclass(frozen=True, slots=True)
class Amazon:
    """`sns.<region>.amazonaws.com`, with `.cn` behind it in China."""

    def is_topic(self, topic: str) -> bool:
        """`arn:aws:sns:…`, also of China and of GovCloud."""
        return _AMAZON.fullmatch(topic) is not None

    def certificate(self, topic: str, url: str) -> Place | None:
        """In the root of the topic's own host."""
        return _exactly(self._host(topic), _PATH, url)

    def confirmation(self, topic: str, token: str) -> Place:
        """The action ConfirmSubscription, which needs no credentials but the token."""
        return self._host(topic), _confirmed(topic, token)

    def _host(self, topic: str) -> str:
        matched = _AMAZON.fullmatch(topic)
        if matched is None:
            raise ValueError(f"{topic!r} is no topic of Amazon SNS")
        end = ".cn" if matched[1] == "aws-cn" else ""
        return f"sns.{matched[2]}.amazonaws.com{end}"


@dataclass(frozen=True, slots=True)
class Scaleway:
    """Topics and Events: `sns.mnq.<region>.scaleway.com`; the host of the certificates can be set."""

    certificate_host: str = ""

    def is_topic(self, topic: str) -> bool:
        """`arn:scw:sns:…`."""
        return _SCALEWAY.fullmatch(topic) is not None

    def certificate(self, topic: str, url: str) -> Place | None:
        """On the host that the operator named, else on the topic's own."""
        return _exactly(self.certificate_host or self._host(topic), _SCALEWAY_PATH, url)

    def confirmation(self, topic: str, token: str) -> Place:
        """As with Amazon."""
        return self._host(topic), _confirmed(topic, token)

    def _host(self, topic: str) -> str:
        matched = _SCALEWAY.fullmatch(topic)
        if matched is None:
            raise ValueError(f"{topic!r} is no topic of Scaleway")
        return f"sns.mnq.{matched[1]}.scaleway.com"


def _exactly(host: str, shape: re.Pattern[str], url: str) -> Place | None:
    """The place, where the URL is what we would have written for it."""
    path = url.removeprefix(f"https://{host}")
    return (host, path) if path != url and shape.fullmatch(path) else None


def _confirmed(topic: str, token: str) -> str:
    query = {"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token, "Version": _VERSION}
    return f"/?{urlencode(query)}"

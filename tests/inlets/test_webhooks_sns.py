"""SNS: what is signed, by which certificate from which host, about which topic; and what is never fetched."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inlets.amazon import (
    HOST,
    PATH,
    SCALEWAY_HOST,
    SCALEWAY_TOPIC,
    TOPIC,
    Amazon,
    amazon,
    issued,
)
from inlets.hooked import PLACE, Hooked, hooked, source
from inlets.senders import Request, Sender
from retour.inlets.webhooks.certificates import read
from retour.inlets.webhooks.fetch import LIMIT
from retour.inlets.webhooks.topics import Amazon as Rule
from retour.inlets.webhooks.topics import Scaleway
from retour.parse.providers.registry import read_body
from retour.wiring import StartError

SNS = Sender("ses", "", lambda body, at: Request(body), {"topics": [TOPIC]})
MESSAGE = '{"notificationType":"Bounce"}'


@pytest.fixture
def sns(tmp_path: Path) -> Iterator[Amazon]:
    with amazon(tmp_path) as made:
        yield made


@pytest.fixture
def house(sns: Amazon, tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path / "data", {"shop": source(SNS)}, sns.https()) as made:
        yield made


def status(house: Hooked, body: bytes) -> int:
    headers = {"Content-Type": "text/plain; charset=UTF-8"}
    return house.post(Request(body, headers)).status_code


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [{}, {"Subject": "Amazon SES Email Event Notification"}])
def test_a_notification_is_kept(sns: Amazon, house: Hooked, version: str, subject: dict[str, str]) -> None:
    body = sns.body(MESSAGE, SignatureVersion=version, **subject)
    assert status(house, body) == 200
    (arrival,) = house.arrivals()
    assert (arrival.raw, arrival.form, arrival.account) == (body, "ses", "shop")


def bounced(address: str) -> str:
    about = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": address}],
    }
    return json.dumps({"notificationType": "Bounce", "bounce": about, "mail": {"messageId": "m1"}})


FORGED = bounced("victim@b.example")


@pytest.mark.parametrize(
    "beside",
    [
        {"Records": [{"Sns": {"Message": FORGED, "MessageId": "other"}}]},
        {"Messages": [{"Body": FORGED}]},
        {"Body": FORGED},
        {"body": FORGED},
        {"detail": json.loads(FORGED), "detail-type": "Email Bounced", "id": "other"},
        json.loads(FORGED),
    ],
)
def test_what_stands_unsigned_beside_a_genuine_notification_is_not_read(
    sns: Amazon, house: Hooked, beside: dict[str, object]
) -> None:
    genuine = sns.envelope(bounced("ann@b.example"))
    assert status(house, json.dumps({**beside, **genuine}).encode()) == 200
    (arrival,) = house.arrivals()
    (told,) = read_body("ses", arrival.raw).told
    assert (told.report.recipient, told.event_id) == ("ann@b.example", genuine["MessageId"])


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
@pytest.mark.parametrize("subject", [{}, {"Subject": "not signed in these"}])
def test_a_subscription_waits_for_an_operator_and_nothing_is_fetched_for_it(
    sns: Amazon, house: Hooked, version: str, kind: str, subject: dict[str, str]
) -> None:
    body = sns.body("You have chosen to subscribe", Type=kind, SignatureVersion=version, **subject)
    for _ in range(3):
        assert status(house, body) == 200
    assert house.arrivals() == []
    ((name, content),) = house.house.inbox.cursors("webhooks/pending/shop/").items()
    said = json.loads(content)
    assert (said["topic"], said["token"], said["kind"]) == (TOPIC, "2336412f37f", kind)
    assert sns.asked == [f"{HOST}{PATH}"]  # the certificate alone, and once
    assert len(name.rpartition("/")[2]) == 12


@pytest.mark.parametrize(
    "field",
    ["Message", "MessageId", "Timestamp", "TopicArn", "Subject", "Type", "SignatureVersion", "Signature"],
)
def test_a_field_that_was_changed_is_refused(sns: Amazon, house: Hooked, field: str) -> None:
    said = sns.envelope(MESSAGE, Subject="a subject")
    changes = {"Type": "SubscriptionConfirmation", "SignatureVersion": "2", "Signature": sns.sign(
        sns.envelope("another message")
    )}  # fmt: skip
    for other in (changes.get(field, said[field] + "x"), ""):
        assert status(house, json.dumps({**said, field: other}).encode()) == 401
    assert house.arrivals() == []


@pytest.mark.parametrize(
    "field", ["Message", "MessageId", "Timestamp", "TopicArn", "Type", "SignatureVersion", "SigningCertURL"]
)
def test_a_field_that_is_missing_or_no_text_is_refused(sns: Amazon, house: Hooked, field: str) -> None:
    said = sns.envelope(MESSAGE)
    for other in (None, 7, ["x"]):
        assert status(house, json.dumps({**said, field: other}).encode()) == 401
    del said[field]
    assert status(house, json.dumps(said).encode()) == 401


def test_another_topic_is_refused_whoever_signed_it_and_nothing_is_fetched(
    sns: Amazon, house: Hooked
) -> None:
    for other in (TOPIC + "2", TOPIC.replace("123456789012", "210987654321"), TOPIC.upper(), TOPIC + "\n"):
        assert status(house, sns.body(MESSAGE, TopicArn=other)) == 401
    assert sns.asked == []


def test_without_topics_a_source_is_closed(sns: Amazon, tmp_path: Path) -> None:
    with hooked(tmp_path / "d", {"shop": source(SNS, topics=[])}, sns.https()) as house:
        assert status(house, sns.body(MESSAGE)) == 404


@pytest.mark.parametrize("version", ["3", "0", "", "1.0", " 1"])
def test_an_unknown_version_is_refused(sns: Amazon, house: Hooked, version: str) -> None:
    assert status(house, sns.body(MESSAGE, SignatureVersion=version)) == 401


def test_raw_delivery_has_no_signature_and_is_refused(sns: Amazon, house: Hooked) -> None:
    halves = json.dumps({**sns.envelope(MESSAGE), "Signature": "\ud800", "Message": "\udfff"}).encode()
    assert status(house, halves) == 401
    for body in (MESSAGE.encode(), b"[]", b"{}", b"", b'{"Type":"Notification"}', b"[" * 9999):
        assert status(house, body) == 401
    headers = {"x-amz-sns-rawdelivery": "true", "x-amz-sns-topic-arn": TOPIC}
    assert house.post(Request(MESSAGE.encode(), headers)).status_code == 401


NOT_AMAZON = [
    f"http://{HOST}{PATH}",
    f"https://sns.s3.amazonaws.com{PATH}",
    f"https://s3.amazonaws.com/sns{PATH}",
    f"https://sns.eu-west-1.s3.amazonaws.com{PATH}",
    f"https://sns.us-east-1.amazonaws.com{PATH}",  # another region than the topic's
    f"https://{HOST}.evil.example{PATH}",
    f"https://{HOST}.cn{PATH}",
    f"https://{HOST}@evil.example{PATH}",
    f"https://evil.example@{HOST}{PATH}",
    f"https://user:pass@{HOST}{PATH}",
    f"https://{HOST}:8443{PATH}",
    f"https://{HOST}:443{PATH}",
    f"https://{HOST}:443@evil.example{PATH}",
    f"https://[::1]{PATH}",
    f"https://127.0.0.1{PATH}",
    f"https://evil.example/{HOST}{PATH}",
    f"https://evil.example#{HOST}{PATH}",
    f"https://evil.example?{HOST}{PATH}",
    f"https://{HOST}/../x{PATH}",
    f"https://{HOST}/%2e%2e{PATH}",
    f"https://{HOST}{PATH}?x=y",
    f"https://{HOST}{PATH}#x",
    f"https://{HOST}/other.pem",
    f"https://{HOST}/?Action=ConfirmSubscription",
    f"https://{HOST}//evil.example{PATH}",
    f"https://{HOST}\\@evil.example{PATH}",
    f"https://{HOST.upper()}{PATH}",
    f"https://{HOST}{PATH}\r\nHost: evil.example",
    f" https://{HOST}{PATH}",
    f"file://{PATH}",
    f"//{HOST}{PATH}",
    "",
]


@pytest.mark.parametrize("url", NOT_AMAZON)
def test_a_certificate_from_elsewhere_is_never_asked_for(sns: Amazon, house: Hooked, url: str) -> None:
    assert status(house, sns.body(MESSAGE, SigningCertURL=url)) == 401
    assert sns.asked == []
    assert house.arrivals() == []


def test_a_redirect_is_not_followed_and_the_message_comes_again(sns: Amazon, house: Hooked) -> None:
    sns.files[PATH] = b"https://evil.example/x.pem"
    assert status(house, sns.body(MESSAGE)) == 503
    assert sns.asked == [f"{HOST}{PATH}"]
    sns.files[PATH] = sns.signer.pem
    assert status(house, sns.body(MESSAGE)) == 200


@pytest.mark.parametrize("served", [b"x" * (LIMIT + 1), None], ids=["too large", "not there"])
def test_a_certificate_that_cannot_be_had_makes_it_come_again(
    sns: Amazon, house: Hooked, served: bytes | None
) -> None:
    sns.files.pop(PATH)
    if served:
        sns.files[PATH] = served
    assert status(house, sns.body(MESSAGE)) == 503
    assert house.arrivals() == []


def test_a_host_that_is_not_there_or_not_trusted_makes_it_come_again(sns: Amazon, tmp_path: Path) -> None:
    from retour.inlets.webhooks import Https

    stranger = Https(dial=lambda host: ("127.0.0.1", sns.port))  # trusts the system, not this authority
    nobody = Https(sns.https().trusting, lambda host: ("127.0.0.1", 1))
    for place, https in (("a", stranger), ("b", nobody)):
        with hooked(tmp_path / place, {"shop": source(SNS)}, https) as house:
            assert status(house, sns.body(MESSAGE)) == 503


def test_a_certificate_is_fetched_once_for_each_url(sns: Amazon, house: Hooked) -> None:
    other = PATH.replace("0123", "4567")
    sns.files[other] = issued("sns.amazonaws.com", sns.authority).pem
    for number in range(5):
        assert status(house, sns.body(MESSAGE, MessageId=str(number))) == 200
    # The same message under the URL of another certificate is held to that one.
    assert status(house, sns.body(MESSAGE, SigningCertURL=f"https://{HOST}{other}")) == 401
    assert sns.asked == [f"{HOST}{PATH}", f"{HOST}{other}"]
    assert len(house.arrivals()) == 5


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)], ids=["expired", "not yet"])
def test_a_certificate_of_another_time_is_refused(sns: Amazon, house: Hooked, days: tuple[int, int]) -> None:
    sns.signer = issued("sns.amazonaws.com", sns.authority, days)
    sns.files[PATH] = sns.signer.pem
    assert status(house, sns.body(MESSAGE)) == 401


def test_a_weak_key_or_no_certificate_is_refused(sns: Amazon, house: Hooked) -> None:
    sns.signer = issued("sns.amazonaws.com", sns.authority, bits=1024)
    for served in (
        sns.signer.pem,
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"<html>",
    ):
        sns.files[PATH] = served
        assert status(house, sns.body(MESSAGE)) == 401


def test_issuers_in_the_file_must_have_signed_what_stands_before_them(sns: Amazon) -> None:
    stranger, old = issued("stranger.test"), issued("authority.test", days=(-9, -1))
    by_old = issued("sns.amazonaws.com", old)
    assert read(sns.signer.pem + sns.authority.pem) is not None
    assert read(sns.signer.pem + stranger.pem) is None
    found = read(by_old.pem + old.pem)
    assert found is not None
    assert found.ends < read(by_old.pem).ends


def test_a_later_try_of_one_notification_is_the_same_arrival(sns: Amazon, house: Hooked) -> None:
    for body in (
        sns.body(MESSAGE),
        sns.body(MESSAGE, UnsubscribeURL="https://x.example", SignatureVersion="2"),
    ):
        assert status(house, body) == 200
    assert len(house.arrivals()) == 1
    assert status(house, sns.body(MESSAGE, MessageId="another")) == 200
    assert len(house.arrivals()) == 2


def test_when_the_store_is_away_nothing_is_acknowledged(sns: Amazon, house: Hooked) -> None:
    house.house.inbox.close()
    assert status(house, sns.body(MESSAGE)) == 503
    assert status(house, sns.body(MESSAGE, Type="SubscriptionConfirmation")) == 503


def test_a_probe_of_the_place_says_nothing(house: Hooked) -> None:
    assert house.post(Request(b""), PLACE, "GET").content == b""


SCW = Sender("scaleway", "", lambda body, at: Request(body), {"topics": [SCALEWAY_TOPIC]})
SCW_PATH = "/fr-par/sns.pem"


def test_scaleway_has_hosts_of_its_own(sns: Amazon, tmp_path: Path) -> None:
    sns.files[SCW_PATH] = sns.signer.pem
    own = f"https://{SCALEWAY_HOST}{SCW_PATH}"
    with hooked(tmp_path / "d", {"shop": source(SCW)}, sns.https()) as house:
        for url in (f"https://{HOST}{PATH}", f"https://{HOST}{SCW_PATH}", f"https://evil.example{SCW_PATH}"):
            assert status(house, sns.body("{}", TopicArn=SCALEWAY_TOPIC, SigningCertURL=url)) == 401
        assert sns.asked == []
        assert status(house, sns.body("{}", TopicArn=SCALEWAY_TOPIC, SigningCertURL=own)) == 200
        assert [arrival.form for arrival in house.arrivals()] == ["scaleway"]
    chosen = source(SCW, certificate_host=HOST)
    with hooked(tmp_path / "e", {"shop": chosen}, sns.https()) as house:
        assert status(house, sns.body("{}", TopicArn=SCALEWAY_TOPIC, SigningCertURL=own)) == 401


def test_a_topic_of_one_provider_is_none_of_the_other(sns: Amazon, tmp_path: Path) -> None:
    for sender, topic in ((SNS, SCALEWAY_TOPIC), (SCW, TOPIC)):
        with (
            pytest.raises(StartError, match=r"topics"),
            hooked(tmp_path / "d", {"shop": source(sender, topics=[topic])}, sns.https()),
        ):
            raise AssertionError("started")


@pytest.mark.parametrize(
    ("topic", "host"),
    [
        (TOPIC, HOST),
        ("arn:aws-cn:sns:cn-north-1:123456789012:x", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:x.fifo", "sns.us-gov-west-1.amazonaws.com"),
    ],
)
def test_what_confirms_is_built_from_the_topic(topic: str, host: str) -> None:
    place = Rule().confirmation(topic, "a&Action=Evil")
    assert place[0] == host
    assert place[1].startswith("/?Action=ConfirmSubscription&TopicArn=arn%3A")
    assert "Token=a%26Action%3DEvil&" in place[1]


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "arn:aws:sns:eu-west-1:1:x",
        "arn:aws:sns:evil.example/:123456789012:x",
        "arn:aws:sqs:eu-west-1:123456789012:x",
        "arn:aws:sns:eu-west-1.evil.example:123456789012:x",
        "arn:aws:sns:s3:123456789012:x",
        f"{TOPIC}\n",
    ],
)
def test_what_is_no_topic_leads_nowhere(topic: str) -> None:
    assert not Rule().is_topic(topic)
    assert not Scaleway().is_topic(topic)
    with pytest.raises(ValueError, match="no topic"):
        Rule().confirmation(topic, "x")

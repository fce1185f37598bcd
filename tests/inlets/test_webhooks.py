"""Webhooks: who is let in, who is not, and what is on disk afterwards."""

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st

from inlets.hooked import OTHER, PLACE, SECRET, Hooked, hooked, source
from inlets.senders import SENDERS, URL, Request, Sender, basic, header, mailgun, mandrill, query, standard
from retour.inlets.webhooks import Fetched, Setup, scheme_of
from retour.inlets.webhooks.post import Post
from retour.inlets.webhooks.providers import PROVIDERS
from retour.inlets.webhooks.scheme import Refused
from retour.instants import SECOND
from retour.model import Proof
from retour.settings import SettingsError, load
from retour.wiring import StartError

ALL = pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
TIMED = {name: made for name, made in SENDERS.items() if made().window}
NOTHING = Request(b"")


def signer(made: Callable[[], Sender]) -> Sender:
    """Mandrill signs the URL it was told."""
    return mandrill(URL + SECRET) if made is mandrill else made()


@pytest.fixture
def us(sender: Callable[[], Sender]) -> Sender:
    return signer(sender)


@pytest.fixture
def house(us: Sender, tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path / "data", {"shop": source(us)}) as made:
        yield made


@ALL
def test_a_genuine_post_is_on_disk_before_it_is_acknowledged(us: Sender, house: Hooked) -> None:
    request = us.sign(us.body, house.now())
    assert house.post(request).status_code == 200
    (arrival,) = house.arrivals()
    assert (arrival.raw, arrival.form) == (request.body, us.provider)
    assert (arrival.inlet, arrival.account, arrival.proof) == ("webhooks.shop", "shop", Proof.TRUSTED)


@ALL
def test_a_post_without_credentials_is_refused(us: Sender, house: Hooked) -> None:
    assert house.post(Request(us.body)).status_code == 401
    assert house.arrivals() == []


@ALL
def test_the_key_of_another_account_is_refused(
    us: Sender, house: Hooked, sender: Callable[[], Sender]
) -> None:
    other = signer(sender)
    assert house.post(other.sign(us.body, house.now())).status_code == 401
    assert house.arrivals() == []


@ALL
def test_a_body_that_was_changed_on_the_way_is_refused(us: Sender, house: Hooked) -> None:
    request = us.sign(us.body, house.now())
    if us.covers_body:
        changed = request.body.replace(b"bounce", b"weapon")
        assert changed != request.body or us.provider == "unisender"
        request.body = changed.replace(b"ann", b"eve") if changed == request.body else changed
    else:
        request.headers = {name: value[:-4] + "AAA=" for name, value in request.headers.items()}
        request.query = request.query[:-4] + "AAAA" if request.query else ""
        request.body = request.body.replace(b'"signature": "', b'"signature": "0')
        request.body = request.body.replace(b"&signature=", b"&signature=0")
    assert house.post(request).status_code == 401
    assert house.arrivals() == []


@pytest.mark.parametrize("sender", TIMED.values(), ids=TIMED)
def test_a_genuine_post_of_another_time_is_refused(us: Sender, house: Hooked) -> None:
    for away in (-2 * us.window, 2 * us.window):
        assert house.post(us.sign(us.body, house.now() + away)).status_code == 401
    assert house.arrivals() == []


@ALL
def test_two_keys_are_valid_at_once(us: Sender, sender: Callable[[], Sender], tmp_path: Path) -> None:
    other = signer(sender)
    with hooked(tmp_path / "data", {"shop": source(us, other)}) as house:
        for each in (us, other):
            assert house.post(each.sign(each.body + b" ", house.now())).status_code == 200


@ALL
def test_every_secret_is_compared_in_a_time_that_tells_nothing(
    us: Sender, sender: Callable[[], Sender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the first of two keys the second is compared all the same; a public key is no secret."""
    compared: list[int] = []

    def compare(ours: bytes, given: bytes) -> bool:
        compared.append(len(ours))
        return ours == given

    with hooked(tmp_path / "data", {"shop": source(us, signer(sender))}) as house:
        monkeypatch.setattr("hmac.compare_digest", compare)
        assert house.post(us.sign(us.body, house.now())).status_code == 200
        path, *keys = compared
        assert path == len(SECRET)
        assert len(keys) == 0 if us.provider in ("sendgrid", "postal") else len(keys) >= 2


@ALL
def test_a_header_that_is_empty_or_twice_there_or_no_encoding_is_refused(us: Sender, house: Hooked) -> None:
    request = us.sign(us.body, house.now())
    for name, value in request.headers.items():
        rest = [(other, text) for other, text in request.headers.items() if other != name]
        for values in ([""], [" "], ["\x7f%%\x80"], [value, value], ["Basic"], ["v1,"], [value * 100]):
            given = [*rest, *((name, each) for each in values)]
            headers = [(key.encode(), text.encode("latin-1")) for key, text in given]
            assert house.raw(headers, request.body).status_code == 401, (name, values)
    assert house.arrivals() == []


HALVES = b'{"mandrill_events":"\\ud800","auth":"\\udfff","signature":"\\ud800","token":"x","timestamp":"1"}'


@ALL
def test_bodies_that_are_nonsense_are_refused_and_never_an_error(us: Sender, house: Hooked) -> None:
    for body in (
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b"null",
        b"a=b&a=b",
        b'{"signature":{"token":[]}}',
        HALVES,
    ):
        request = us.sign(us.body, house.now())
        if not us.covers_body and (request.headers or request.query):
            continue  # what lies behind a password is kept whatever it is
        request.body = body
        assert house.post(request).status_code == 401, body
    assert house.arrivals() == []


@ALL
def test_fifty_times_the_same_post_is_one_arrival(us: Sender, house: Hooked) -> None:
    request = us.sign(us.body, house.now())

    async def all_at_once() -> list[int]:
        answers = await asyncio.gather(*(house.asked(request) for _ in range(50)))
        return [answer.status_code for answer in answers]

    assert house.loop.run(all_at_once()) == [200] * 50
    assert len(house.arrivals()) == 1


@ALL
def test_a_path_that_is_not_ours_is_not_there(us: Sender, house: Hooked) -> None:
    request = us.sign(us.body, house.now())
    for path in ("/", "/hooks", f"/hooks/shop/{OTHER}", f"/hooks/other/{SECRET}", f"{PLACE}/", f"/x{PLACE}"):
        for method in ("POST", "GET", "HEAD"):
            assert house.post(request, path, method).status_code == 404, (method, path)
    assert house.arrivals() == []


@ALL
def test_a_probe_is_answered_and_touches_nothing(us: Sender, house: Hooked) -> None:
    for method in ("GET", "HEAD"):
        assert house.post(NOTHING, method=method).status_code == 200
    assert house.arrivals() == []
    assert house.house.inbox.cursors("webhooks/") == {}


@ALL
def test_without_a_key_a_source_is_closed(us: Sender, tmp_path: Path) -> None:
    with hooked(tmp_path / "data", {"shop": source(us, keys=[])}) as house:
        assert house.post(us.sign(us.body, house.now())).status_code == 404
        assert house.post(NOTHING, method="HEAD").status_code == 200  # who sets it up may look for it
        assert house.arrivals() == []


@ALL
def test_without_a_secret_path_a_source_is_closed(us: Sender, tmp_path: Path) -> None:
    with hooked(tmp_path / "data", {"shop": source(us, paths=[])}) as house:
        for path in (PLACE, "/hooks/shop/", "/hooks/shop"):
            assert house.post(us.sign(us.body, house.now()), path).status_code == 404
        assert house.arrivals() == []


@ALL
def test_when_the_store_is_away_the_provider_is_told_what_makes_it_come_again(
    us: Sender, house: Hooked
) -> None:
    house.house.inbox.close()
    answer = house.post(us.sign(us.body, house.now()))
    assert answer.status_code == PROVIDERS[us.provider].store_down == (429 if us.provider == "brevo" else 503)
    assert int(answer.headers["Retry-After"]) > 0


@ALL
def test_what_is_too_large_is_refused_whether_or_not_it_says_so(us: Sender, house: Hooked) -> None:
    refused = 429 if us.provider == "brevo" else 413
    request = us.sign(us.body, house.now())
    request.body += b" " * (4 * 1024 * 1024)
    assert house.post(request).status_code == refused
    assert house.arrivals() == []


@ALL
def test_content_that_is_not_packed_as_it_says_is_refused(us: Sender, house: Hooked) -> None:
    request = us.sign(us.body, house.now())
    request.headers = {**request.headers, "Content-Encoding": "gzip"}
    assert house.post(request).status_code == (429 if us.provider == "brevo" else 415)
    assert house.arrivals() == []


@ALL
@pytest.mark.parametrize("signed", ["content", "packed"])
def test_packed_content_is_believed_by_either_signature_and_kept_unpacked(
    us: Sender, house: Hooked, signed: str
) -> None:
    plain = us.sign(us.body, house.now())
    packed = gzip.compress(plain.body)
    as_sent = signed == "packed" and plain.body == us.body  # no signature stands within the content
    headers = us.sign(packed, house.now()).headers if as_sent else plain.headers
    request = Request(packed, {**headers, "Content-Encoding": "gzip"}, plain.query)
    assert house.post(request).status_code == 200
    (arrival,) = house.arrivals()
    assert arrival.raw == plain.body


@ALL
def test_packed_content_of_another_accounts_key_is_refused(
    us: Sender, house: Hooked, sender: Callable[[], Sender]
) -> None:
    request = signer(sender).sign(us.body, house.now())
    request.body = gzip.compress(request.body)
    request.headers = {**request.headers, "Content-Encoding": "gzip"}
    assert house.post(request).status_code == 401
    assert house.arrivals() == []


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path / "data", {"shop": source(SENDERS["sendgrid"]())}) as made:
        yield made


BOMB = gzip.compress(b"[" * (64 * 1024 * 1024))


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (BOMB, "gzip", 413),
        (gzip.compress(b" " * (4 * 1024 * 1024 + 1)), "x-gzip", 413),
        (gzip.compress(b"[]")[:-3], "gzip", 415),
        (gzip.compress(b"[]") * 2, "gzip", 415),
        (gzip.compress(b"[]") + b"x", "gzip", 415),
        (gzip.compress(gzip.compress(b"[]")), "gzip, gzip", 415),
        (b"", "gzip", 415),
        (gzip.compress(b"[]"), "br", 415),
        (gzip.compress(b"[]"), "identity, GZIP", 401),
    ],
    # The bytes name the second they were packed in, which makes other names in each process of the tests.
    ids=["bomb", "too large", "cut short", "two", "something behind", "twice", "empty", "brotli", "identity"],
)
def test_what_is_packed_is_unpacked_within_bounds(
    shop: Hooked, body: bytes, encoding: str, status: int
) -> None:
    tracemalloc.start()
    answer = shop.post(Request(body, {"Content-Encoding": encoding}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == status
    assert peak < 16 * 1024 * 1024
    assert shop.arrivals() == []


@ALL
def test_no_secret_stands_in_what_is_shown_of_a_source(us: Sender, house: Hooked) -> None:
    shown = repr(house.house.settings) + repr(wired(house))
    assert us.key not in shown
    assert SECRET not in shown


def wired(house: Hooked) -> object:
    """The sources as the application holds them."""
    return list(house.app.webhooks._sources.values())


def test_a_source_in_every_account_believes_its_own_key_only(tmp_path: Path) -> None:
    ours, theirs = standard(), standard()
    two = {"shop": source(ours), "inn": source(theirs, account="inn", paths=[OTHER])}
    with hooked(tmp_path / "data", two) as house:
        request = ours.sign(ours.body, house.now())
        assert house.post(request, f"/hooks/inn/{OTHER}").status_code == 401
        assert house.post(request, f"/hooks/inn/{SECRET}").status_code == 404
        assert house.post(theirs.sign(ours.body, house.now()), f"/hooks/inn/{OTHER}").status_code == 200
        assert [arrival.account for arrival in house.arrivals()] == ["inn"]


def test_two_secret_paths_are_valid_at_once(tmp_path: Path) -> None:
    us = basic("postmark")
    with hooked(tmp_path / "data", {"shop": source(us, paths=[SECRET, OTHER])}) as house:
        request = us.sign(us.body, house.now())
        assert [house.post(request, f"/hooks/shop/{path}").status_code for path in (SECRET, OTHER)] == [
            200
        ] * 2


def test_a_token_of_mailgun_is_believed_with_one_body_only_also_after_a_restart(tmp_path: Path) -> None:
    us = mailgun()
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        first = us.sign(us.body, house.now())
        forged = Request(first.body.replace(b"ann@", b"eve@"))
        assert house.post(first).status_code == 200
        assert house.post(forged).status_code == 401
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        assert house.post(forged).status_code == 401
        assert house.post(first).status_code == 200  # as it tries again when our answer was lost
        assert [arrival.raw for arrival in house.arrivals()] == [first.body]


def test_two_bodies_under_one_token_of_mailgun_at_once_are_one(tmp_path: Path) -> None:
    us = mailgun()
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        first = us.sign(us.body, house.now())
        posts = [first, Request(first.body.replace(b"ann@", b"eve@"))] * 10

        async def all_at_once() -> list[int]:
            return [a.status_code for a in await asyncio.gather(*(house.asked(each) for each in posts))]

        assert house.loop.run(all_at_once()) == [200, 401] * 10
        assert [arrival.raw for arrival in house.arrivals()] == [first.body]


def test_mandrill_signs_the_url_of_the_settings_whatever_host_is_asked(tmp_path: Path) -> None:
    us = mandrill("https://elsewhere.example/x?y=z")
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        request = us.sign(us.body, house.now())
        request.headers |= {"Host": "elsewhere.example", "X-Forwarded-Host": "elsewhere.example"}
        assert house.post(request).status_code == 401
    exact = source(us, public_url="https://elsewhere.example/x?y=z")
    with hooked(tmp_path / "data", {"shop": exact}) as house:
        assert house.post(us.sign(us.body, house.now())).status_code == 200


HANDSHAKE = [
    {
        "id": "2d1781af",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": "512d38b6", "validationUrl": "https://evil.example/"},
    }
]


@pytest.mark.parametrize("form", [header, query], ids=["header", "query"])
def test_the_handshake_of_cloud_events_is_answered_behind_the_secret_only(
    tmp_path: Path, form: Callable[[str], Sender]
) -> None:
    us, other = form("azure"), form("azure")
    asking = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:

        def asked(sender: Sender | None, headers: dict[str, str], path: str = PLACE) -> Response:
            signed = sender.sign(b"", house.now()) if sender else NOTHING
            return house.post(Request(b"", {**signed.headers, **headers}, signed.query), path, "OPTIONS")

        answer = asked(us, asking)
        assert answer.status_code == 200
        assert answer.headers["webhook-allowed-origin"] == "eventgrid.azure.net"
        assert answer.headers["webhook-allowed-rate"] == "*"
        for refused in (
            asked(other, asking),
            asked(None, asking),
            asked(us, {}),
            asked(us, {"WebHook-Request-Origin": "a b"}),
            asked(us, asking, PLACE + "x"),
        ):
            assert (refused.status_code, refused.headers.get("webhook-allowed-origin")) == (404, None)
        assert house.arrivals() == []


def test_no_other_provider_answers_a_handshake_of_cloud_events(tmp_path: Path) -> None:
    us = header("generic")
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        request = us.sign(b"", house.now())
        request.headers = {**request.headers, "WebHook-Request-Origin": "eventgrid.azure.net"}
        assert house.post(request, method="OPTIONS").status_code == 404


def test_the_handshake_of_azure_is_answered_behind_the_secret_only(tmp_path: Path) -> None:
    us = header("azure")
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        body = json.dumps(HANDSHAKE).encode()
        assert house.post(Request(body)).status_code == 401
        answer = house.post(us.sign(body, house.now()))
        assert (answer.status_code, answer.json()) == (200, {"validationResponse": "512d38b6"})
        assert house.arrivals() == []


def test_the_path_alone_is_enough_only_where_it_was_chosen(tmp_path: Path) -> None:
    us = basic("mailjet")
    with hooked(tmp_path / "data", {"shop": source(us, scheme="path", keys=[])}) as house:
        assert house.post(Request(us.body)).status_code == 200
    with (
        pytest.raises(StartError, match="this provider has"),
        hooked(tmp_path / "other", {"shop": source(standard(), scheme="path")}),
    ):
        raise AssertionError("started")


def test_the_first_refusal_of_a_source_that_worked_is_told_and_kept_until_it_works_again(
    tmp_path: Path,
) -> None:
    us, other = basic("brevo"), basic("brevo")
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        wrong = other.sign(us.body, house.now())
        house.post(wrong)
        assert alarm(house) == ""  # it never worked: somebody is setting it up
        house.post(us.sign(us.body, house.now()))
        assert house.post(wrong).status_code == 401
        assert alarm(house) == 'retour_webhook_alarm{source="shop"} 1.0'
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        assert alarm(house) == 'retour_webhook_alarm{source="shop"} 1.0'
        house.post(us.sign(us.body + b" ", house.now()))
        assert alarm(house) == ""
        house.post(wrong)
        assert alarm(house) != ""  # that it has worked before outlives a restart
        assert "webhooks/alarm/shop" in house.house.inbox.cursors("webhooks/")


def alarm(house: Hooked) -> str:
    lines = house.house.metrics.text().decode().splitlines()
    return "".join(line for line in lines if line.startswith("retour_webhook_alarm{"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scheme": "md5"}, "scheme"),
        ({"scheme": "standard", "keys": ["no base64!"]}, "keys"),
        ({"scheme": "basic", "keys": ["without-a-colon"]}, "keys"),
        ({"scheme": "header"}, "header"),
        ({"scheme": "hmac", "header": "X-S", "template": "{timestamp}{body}"}, "template"),
        ({"scheme": "hmac", "header": "X-S", "template": "nothing"}, "template"),
        ({"scheme": "hmac", "header": "X S"}, "header"),
    ],
)
def test_a_source_that_cannot_be_is_told_at_the_start(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    us = basic("generic")
    with pytest.raises(StartError) as fault, hooked(tmp_path / "data", {"shop": source(us, **change)}):
        raise AssertionError("started")
    for lang in ("en", "de"):
        assert f"webhooks.sources.shop.{said}" in fault.value.told(lang)
    assert us.key not in str(fault.value)


ANY = st.binary(max_size=300)
NAMES = st.sampled_from(
    [
        *(b"authorization", b"signature", b"x-signature", b"x-time", b"x-retour-key"),
        *(b"svix-id", b"svix-timestamp", b"svix-signature"),
        *(b"webhook-id", b"webhook-timestamp", b"webhook-signature"),
        *(b"x-mandrill-signature", b"x-postal-signature"),
        b"x-twilio-email-event-webhook-signature",
        b"x-twilio-email-event-webhook-timestamp",
    ]
)
VALUES = st.one_of(
    ANY,
    st.from_regex(rb"(v1,)?[A-Za-z0-9+/=]{0,60}", fullmatch=True),
    st.from_regex(rb"[0-9]{0,15}\.?[0-9]{0,30}", fullmatch=True),
    st.from_regex(rb"(basic|bearer) [A-Za-z0-9+/=]{0,40}", fullmatch=True),
)
BODIES = st.one_of(
    ANY,
    st.from_regex(
        rb'\{"(signature|auth)": ?("[0-9a-f]{0,40}"|\{"token": ?[0-9"a-z]{0,9}\})\}', fullmatch=True
    ),
    st.from_regex(rb"[a-z%&=0-9+]{0,80}", fullmatch=True),
)
_SCHEMES = [
    scheme_of(
        Setup(each.provider, [each.key], urls=["https://x"], **each.settings),
        Fetched(lambda *_: b""),
        lambda *_: b"",
    )
    for each in (made() for made in SENDERS.values())
]
_TOPICS = Setup("ses", topics=["arn:aws:sns:eu-west-1:123456789012:x"])
_SCHEMES.append(scheme_of(_TOPICS, Fetched(lambda *_: b""), lambda *_: b""))


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), BODIES, ANY)
def test_no_bytes_make_a_scheme_fail_or_believe(
    headers: list[tuple[bytes, bytes]], body: bytes, query: bytes
) -> None:
    async def found() -> list[object]:
        return [
            await each.verify(Post(headers, body, query), 1_795_000_000 * SECOND) for each in _SCHEMES if each
        ]

    results = asyncio.run(found())
    assert len(results) == len(SENDERS) + 1
    assert all(isinstance(each, Refused) for each in results)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('provider = "nobody"', "provider: Value error, is none of ses"),
        ('paths = ["short"]', "retour webhook secret"),
        ('paths = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]', "retour webhook secret"),
        ('keys = [""]', "an empty key would let everybody in"),
        ('keys = ["one", "two", "three-is-a-secret"]', "at most 2 items"),
        ('secret = "misspelt-secret"', "webhooks.sources.shop.secret"),
        ('mapping = "x.toml"', "belongs to provider 'generic'"),
    ],
)
def test_settings_that_cannot_be_are_told_without_any_secret(tmp_path: Path, change: str, said: str) -> None:
    told = {"provider": '"sendgrid"', "account": '"shop"', "keys": '["a-secret-of-theirs"]'}
    key, _, value = change.partition(" = ")
    lines = [f"{name} = {text}" for name, text in {**told, key: value}.items()]
    file = tmp_path / "retour.toml"
    file.write_text("\n".join(["[webhooks.sources.shop]", *lines]), "utf-8")
    with pytest.raises(SettingsError) as fault:
        load(file)
    assert said in str(fault.value)
    for secret in ("a-secret-of-theirs", "misspelt-secret", "three-is-a-secret", "aaaaaaa"):
        assert secret not in str(fault.value)


def test_a_bug_of_ours_is_no_reason_for_the_provider_to_give_up(tmp_path: Path) -> None:
    class Broken:
        async def verify(self, post: Post, now: int) -> Refused:
            raise RuntimeError("a bug")

    us = basic("brevo")
    with hooked(tmp_path / "data", {"shop": source(us)}) as house:
        sources = house.app.webhooks._sources
        sources[b"shop"] = replace(sources[b"shop"], scheme=Broken())
        assert house.post(us.sign(us.body, 0)).status_code == 429
        assert house.arrivals() == []

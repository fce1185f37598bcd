"""The DNS is asked whether domains take mail: a real server, a zone for every case, bad roads."""

import io
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bench.dns import answering, made, wrong
from hypothesis import given
from hypothesis import strategies as st

from retour.flow import listcheck
from retour.flow.listcheck import Asking, Source
from retour.instants import DAY, HOUR, Instant, to_datetime
from retour.resolve import DnsResolver, Server, server_of
from retour.resolve.asking import Remembered
from retour.resolve.wire import MalformedError, Type, answer, question
from retour.stores.sqlite.domains import SqliteDomains
from retour.vet import Code, Dns
from story import nsd

NOW = 1_700_000_000_000_000
QUICK = (0.4, 0.6, 0.8, 1.0, 1.2, 1.4)
PATIENT = (*QUICK, 4.0, 8.0, 16.0)  # a busy machine keeps 100,000 questions waiting, and loses some
STATES = {
    "mx.good.example": Code.MX,
    "two.example": Code.MX,
    "six.example": Code.MX,
    "alias.example": Code.MX,
    "large.example": Code.MX,
    "implicit.example": Code.IMPLICIT_A,
    "implicit6.example": Code.IMPLICIT_A,
    "null.example": Code.NULL_MX,
    "empty.example": Code.NODATA,
    "nowhere.example": Code.NODATA,
    "private.example": Code.BAD_IP,
    "local.example": Code.BAD_IP,
    "localhere.example": Code.BAD_IP,
    "no-such-name.example": Code.NXDOMAIN,
    "x.broken.example": Code.SERVFAIL,
    "trouble-mx.example": Code.MX,
    "a" * 70 + ".example": Code.TIMEOUT,
}


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at: Instant = NOW

    def now(self) -> Instant:
        return self.at


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    more = "".join(f"d{n}.many.example. MX 10 mail.good.example.\n" for n in range(400))
    with nsd.running(tmp_path_factory.mktemp("nsd"), more) as made:
        yield made


def asked(port: int, names: Sequence[str], tries: tuple[float, ...] = QUICK) -> Mapping[str, Dns]:
    resolver = DnsResolver(Server("127.0.0.1", port), Remembered(), Clock(), tries=tries)
    return dict(resolver.look_up(names))


@pytest.mark.engine("nsd")
def test_every_case_has_its_state(port: int) -> None:
    found = asked(port, list(STATES))
    assert {name: dns.state for name, dns in found.items()} == STATES
    assert found["two.example"].hosts == ("gone.good.example", "mail.good.example")
    assert len(found["large.example"].hosts) == nsd.LARGE
    assert found["null.example"].source == f"dns 127.0.0.1:{port}"
    assert found["null.example"].expires_at == to_datetime(NOW) + timedelta(days=7)
    assert found["x.broken.example"].expires_at == to_datetime(NOW) + timedelta(minutes=10)


@pytest.mark.engine("nsd")
def test_with_thirty_of_a_hundred_packets_lost_nothing_is_called_invalid(port: int) -> None:
    good = [
        name for name, state in STATES.items() if state in (Code.MX, Code.IMPLICIT_A) and "large" not in name
    ]
    names = [*good, *(f"d{n}.many.example" for n in range(400))]
    with nsd.lossy(port, 0.3) as road:
        found = asked(road, names, tries=(0.15, 0.15, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4))
    states = {dns.state for dns in found.values()}
    assert len(found) == len(names)
    assert states <= {Code.MX, Code.IMPLICIT_A, Code.TIMEOUT}
    assert sum(dns.state is not Code.TIMEOUT for dns in found.values()) > 0.9 * len(names)


@pytest.mark.engine("nsd")
def test_of_a_resolver_that_knows_nothing_no_name_is_believed_to_take_no_mail(port: int) -> None:
    """One of a network that is cut off says of every name that it is not there, or has its own address."""
    names = ["no-such-name.example", "mx.good.example", "null.example"]

    def states(*controls: str) -> list[Code]:
        resolver = DnsResolver(
            Server("127.0.0.1", port), Remembered(), Clock(), tries=QUICK, controls=controls
        )
        return [dns.state for _, dns in sorted(resolver.look_up(names))]

    assert states("gone1.example", "gone2.example") == [Code.MX, Code.SERVFAIL, Code.SERVFAIL]
    assert states("gone1.example", "null.example", "private.example") == [Code.MX, *[Code.SERVFAIL] * 2]
    assert states("gone1.example", "six.example") == [Code.MX, Code.NXDOMAIN, Code.NULL_MX]
    assert states() == [Code.MX, Code.NXDOMAIN, Code.NULL_MX]


def test_where_nobody_answers_nothing_is_known() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        found = asked(deaf.getsockname()[1], ["a.example", "b.example"], tries=(0.05, 0.05))
    assert {dns.state for dns in found.values()} == {Code.TIMEOUT}
    assert {dns.state for dns in asked(1, ["a.example"], tries=(0.05,)).values()} == {Code.TIMEOUT}


@pytest.mark.engine("nsd")
def test_a_missing_name_is_believed_after_two_runs_apart(port: int, tmp_path: Path) -> None:
    clock, kept = Clock(), SqliteDomains(tmp_path / "domains.sqlite3")
    resolver = DnsResolver(Server("127.0.0.1", port), kept, clock, tries=QUICK)

    def runs() -> tuple[int, Instant]:
        ((_, dns),) = resolver.look_up(["no-such-name.example"])
        assert dns.state is Code.NXDOMAIN
        return dns.runs, int(dns.checked_at.timestamp() * 1_000_000)

    assert runs() == (1, NOW)
    clock.at += HOUR // 2
    assert runs() == (1, NOW)  # kept
    clock.at += HOUR
    assert runs() == (2, clock.at)
    clock.at += HOUR * 2
    assert runs() == (2, clock.at - HOUR * 2)  # kept for a day now
    clock.at += DAY
    assert runs() == (3, clock.at)
    kept.close()


@pytest.mark.engine("nsd")
def test_answers_are_kept_until_they_are_too_old(port: int, tmp_path: Path) -> None:
    clock, kept = Clock(), SqliteDomains(tmp_path / "domains.sqlite3")
    names = ["mx.good.example", "x.broken.example"]
    first = dict(DnsResolver(Server("127.0.0.1", port), kept, clock, tries=QUICK).look_up(names))
    away = DnsResolver(Server("127.0.0.1", 1), kept, clock, tries=(0.05,))
    assert dict(away.look_up(names)) == first
    clock.at += DAY
    later = {name: dns.state for name, dns in away.look_up(names)}
    assert later == {"mx.good.example": Code.MX, "x.broken.example": Code.TIMEOUT}
    kept.close()


@pytest.mark.engine("nsd")
def test_thousands_of_domains_are_each_told_as_they_are(tmp_path: Path) -> None:
    names = made(100_000)
    with answering(names, tmp_path) as port, closing(SqliteDomains(tmp_path / "kept.sqlite3")) as kept:
        clock = Clock()
        first = dict(DnsResolver(Server("127.0.0.1", port), kept, clock, tries=PATIENT).look_up(list(names)))
        again = dict(DnsResolver(Server("127.0.0.1", 1), kept, clock, tries=(0.05,)).look_up(list(names)))
    assert len(first) == len(names)
    assert wrong(first, names) == {}
    assert again == first  # nobody was asked a second time


@pytest.mark.engine("nsd")
def test_a_list_is_checked_with_what_the_dns_says(port: int, tmp_path: Path) -> None:
    rows = {
        "a@mx.good.example": "kept",
        "b@mx.good.example": "kept",
        "c@null.example": "dropped",
        "d@private.example": "dropped",
        "e@no-such-name.example": "questioned",
        "f@x.broken.example": "kept",
    }
    text = "".join(f"{address.replace('.example', '.nsd-test.de')}\n" for address in rows)
    file = io.BytesIO(text.encode())
    source = listcheck.open_source(file)
    assert isinstance(source, Source)

    class Renamed:
        """The zones are of .example, which is a special name for itself."""

        def look_up(self, names: Sequence[str]) -> Iterator[tuple[str, Dns]]:
            resolver = DnsResolver(Server("127.0.0.1", port), Remembered(), Clock(), tries=QUICK)
            assert names[0] == "mx.good.nsd-test.de"  # the domain of most contacts
            for name, dns in resolver.look_up([name.replace(".nsd-test.de", ".example") for name in names]):
                yield name.replace(".example", ".nsd-test.de"), dns

    order = listcheck.Order(
        "list", file, source, listcheck.Knowledge(), tmp_path / "out", "now", Asking(Renamed())
    )
    steps = list(listcheck.check_list(order))
    assert [step.stage for step in steps] == ["count", "ask", "look"]
    assert steps[1].covered == 1.0
    for pile in ("kept", "questioned", "dropped"):
        lines = (tmp_path / f"out/{pile}.csv").read_text("utf-8-sig").splitlines()[1:]
        wanted = [address for address, each in rows.items() if each == pile]
        assert [line.rpartition(",")[2] for line in lines] == [
            address.replace(".example", ".nsd-test.de") for address in wanted
        ]
    assert "null_mx=no by dns 127.0.0.1" in (tmp_path / "out/dropped.csv").read_text("utf-8-sig")


@given(raw=st.binary(max_size=120))
def test_no_octets_make_an_answer_of_anything_else(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        answer(raw + b"\xff", "a.example", Type.MX)


@given(
    raw=st.binary(max_size=60), place=st.integers(12, 60), type=st.sampled_from([Type.MX, Type.A, Type.AAAA])
)
def test_a_damaged_answer_is_none(raw: bytes, place: int, type: Type) -> None:
    whole = bytearray(question(7, "a.example", type))
    whole[2] |= 0x80
    whole[7] = 1
    whole[place:] = raw
    try:
        told = answer(bytes(whole), "a.example", type)
    except MalformedError:
        return
    assert len(told.addresses) + len(told.exchanges) <= 1


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("127.0.0.1", Server("127.0.0.1", 53)),
        ("127.0.0.1:5353", Server("127.0.0.1", 5353)),
        ("::1", Server("::1", 53)),
        ("[::1]:5353", Server("::1", 5353)),
        ("localhost", None),
        ("127.0.0.1:x", None),
        ("127.0.0.1:99999", None),
        ("", None),
    ],
)
def test_a_resolver_is_named_by_its_address(text: str, server: Server | None) -> None:
    assert server_of(text) == server


def test_dates_are_in_utc() -> None:
    assert to_datetime(NOW).tzinfo is UTC
    assert to_datetime(NOW) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)

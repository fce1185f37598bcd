"""The relay between a client and a next server that fails at every step."""

import asyncio
import re
import tracemalloc
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import pytest

from outlets.relaying import IMPATIENT, KEYRING, MESSAGE, Relaying, authenticated, greeted
from outlets.sink import CLOSE, HANG, STEPS, TAKE_AND_CLOSE, Sink
from retour.instants import SECOND
from retour.model import MailKind, Send
from retour.outlets.relay import Login
from retour.return_address import make, verify
from retour.smtpd import Limits

T = TypeVar("T")


def told(story: Callable[[Relaying], Awaitable[T]], sink: Sink | None = None, **settings: Any) -> T:
    """Tell a story of a relay and its sink."""

    async def run() -> T:
        async with AsyncExitStack() as stack:
            next_server = await stack.enter_async_context(sink or Sink())
            relaying = Relaying(next_server, **settings)
            return await story(await stack.enter_async_context(relaying.running()))

    return asyncio.run(run())


# --- who stalls ---


def test_clients_that_stall_hold_up_no_other_account() -> None:
    async def story(relay: Relaying) -> None:
        stalled = [await authenticated(relay) for _ in range(4)]
        for raw in stalled[:3]:
            said = await raw.say(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n", 3)
            assert said[-1].startswith("354")
            raw.writer.write(b"Subject: x\r\n\r\nx\r\n")
        said = await stalled[3].say(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n", 3)
        assert said[-1].startswith("451 4.4.1")
        other = await authenticated(relay, "other", "other")
        said = await other.say(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n\r\nx\r\n.\r\n", 4)
        assert said[-1].startswith("250")
        await stalled[0].close()
        eventually_free = await stalled[3].say(b"RSET\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n", 3)
        assert eventually_free[-1].startswith("250")
        for raw in (*stalled[1:], other):
            await raw.close()

    told(story, connections=4, next={"connecting": 0.3})


# --- what goes on ---


def test_a_message_goes_on_with_a_return_address_of_a_send_that_is_recorded() -> None:
    async def story(relay: Relaying) -> None:
        assert await relay.submit() == (250, "", {})
        ((sender, recipient, content),) = relay.sink.taken
        local, _, rest = sender.removeprefix("<").partition("@")
        assert rest.startswith("shop.return.test> ")
        token = verify(KEYRING, local, "shop.return.test")
        assert token is not None
        (send,) = relay.recorded
        assert (send.id, send.account, send.recipient) == (token.send, "shop", "ann@b.test")
        assert (send.subject, send.message_id, send.sender) == ("Hello", "1@shop.test", "shop@shop.test")
        assert f"ENVID={local}" in rest
        assert recipient == "<ann@b.test> ORCPT=rfc822;ann@b.test"
        trace, _, passed = content.partition(b"\r\n\t")
        assert trace.decode() == f"Received: by relay.test with ESMTPA id {local};"
        assert passed.partition(b"\r\n")[2] == MESSAGE.replace(b"\r\n.dot", b"\r\n..dot")

    told(story)


def test_the_answer_has_the_words_of_the_next_server() -> None:
    async def story(relay: Relaying) -> str:
        raw = await authenticated(relay)
        said = await raw.say(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n\r\nx\r\n.\r\n", 4)
        await raw.close()
        return said[-1]

    assert told(story) == "250 2.0.0 Ok: queued as 4F2A"


def test_what_the_client_wishes_of_reports_is_passed_on() -> None:
    async def story(relay: Relaying) -> None:
        await relay.submit(
            options=["BODY=8BITMIME", "RET=HDRS", "ENVID=theirs"],
            rcpt_options=["NOTIFY=DELAY,FAILURE", "ORCPT=rfc822;an+2Bna@b.test"],
        )
        ((sender, recipient, content),) = relay.sink.taken
        more = len(content) - len(MESSAGE) - 1  # a doubled dot
        assert f" SIZE={len(MESSAGE) + more} BODY=8BITMIME RET=HDRS ENVID=rt-" in sender
        assert recipient == "<ann@b.test> NOTIFY=DELAY,FAILURE ORCPT=rfc822;an+2Bna@b.test"

    told(story)


def test_a_next_server_without_extensions_is_asked_for_none() -> None:
    async def story(relay: Relaying) -> None:
        assert (await relay.submit(rcpt_options=["NOTIFY=NEVER"]))[0] == 250
        ((sender, recipient, _),) = relay.sink.taken
        assert " " not in sender
        assert recipient == "<ann@b.test>"

    told(story, Sink(extensions=()))


def test_what_the_next_server_cannot_carry_is_refused_before_its_content() -> None:
    async def story(relay: Relaying) -> None:
        code, words, _ = await relay.submit(options=["BODY=8BITMIME"])
        assert (code, words[:5]) == (554, "5.6.3")
        code, words, _ = await relay.submit(options=["SMTPUTF8"])
        assert (code, words[:5]) == (553, "5.6.7")
        assert relay.sink.taken == relay.recorded == []

    told(story, Sink(extensions=()))


def test_an_address_outside_ascii_goes_on_as_it_is() -> None:
    async def story(relay: Relaying) -> None:
        raw = await authenticated(relay)
        rcpt = "RCPT TO:<jörg@b.test>\r\n".encode()
        said = await raw.say(b"MAIL FROM:<a@b.test> SMTPUTF8\r\n" + rcpt + b"DATA\r\n\r\nx\r\n.\r\n", 4)
        await raw.close()
        assert said[-1].startswith("250 ")
        ((sender, recipient, content),) = relay.sink.taken
        assert " SMTPUTF8" in sender
        assert recipient == "<jörg@b.test>"
        assert b"with UTF8SMTPA id rt-" in content

    told(story)


def test_a_sender_that_is_the_return_address_of_this_recipient_stays() -> None:
    async def story(relay: Relaying) -> None:
        now = relay.clock.now()
        relay.store.sends.add([Send(7, "shop", "ann@B.test", MailKind.SYSTEM, now)])
        local = make(KEYRING, 1, "shop.return.test", 7, MailKind.SYSTEM, now)
        for sender in (f"{local}@shop.return.test", ""):
            assert (await relay.submit(sender=sender))[0] == 250
        assert [sender.split(" ")[0] for sender, _, _ in relay.sink.taken] == [
            f"<{local}@shop.return.test>",
            "<>",
        ]
        assert relay.recorded == []

    told(story)


@pytest.mark.parametrize(
    ("number", "domain", "send"),
    [(1, "shop.return.test", 7), (1, "shop.return.test", 8), (2, "other.return.test", 7)],
    ids=["made for somebody else", "of no send", "of another account"],
)
def test_any_other_return_address_is_replaced(number: int, domain: str, send: int) -> None:
    async def story(relay: Relaying) -> None:
        now = relay.clock.now()
        relay.store.sends.add([Send(7, "shop", "bob@b.test", MailKind.SYSTEM, now)])
        local = make(KEYRING, number, domain, send, MailKind.SYSTEM, now)
        assert (await relay.submit(sender=f"{local}@{domain}"))[0] == 250
        ((sender, _, _),) = relay.sink.taken
        (recorded,) = relay.recorded
        assert recorded.recipient == "ann@b.test"
        token = verify(KEYRING, sender.removeprefix("<").partition("@")[0], "shop.return.test")
        assert token is not None
        assert token.send == recorded.id

    told(story)


def test_connections_to_the_next_server_are_used_again() -> None:
    async def story(relay: Relaying) -> None:
        for _ in range(3):
            assert (await relay.submit())[0] == 250
        assert relay.sink.connections == 1
        assert len({sender for sender, _, _ in relay.sink.taken}) == 3

    told(story)


def test_a_kept_connection_that_has_died_is_replaced() -> None:
    async def story(relay: Relaying) -> None:
        for _ in range(3):
            assert (await relay.submit())[0] == 250
        assert (relay.sink.connections, len(relay.sink.taken)) == (3, 3)

    told(story, Sink(messages_a_connection=1))


def test_a_reply_that_nothing_asked_for_is_not_laid_at_the_next_recipient_s_door() -> None:
    async def story(relay: Relaying) -> None:
        assert (await relay.submit())[0] == 250
        del relay.sink.script["dot"]
        assert (await relay.submit(["bob@b.test"]))[0] == 250
        assert [recipient.split()[0] for _, recipient, _ in relay.sink.taken] == [
            "<ann@b.test>",
            "<bob@b.test>",
        ]
        assert (relay.sink.connections, relay.bounces) == (2, [])

    told(story, Sink({"dot": "250 2.0.0 Ok\r\n550 5.1.1 no such user"}))


def test_a_refused_rset_says_nothing_of_the_recipient() -> None:
    async def story(relay: Relaying) -> None:
        assert (await relay.submit())[0] == 550
        del relay.sink.script["RCPT"], relay.sink.script["DATA"]
        assert (await relay.submit(["bob@b.test"]))[0] == 502
        assert [recipient for _, recipient, _ in relay.bounces] == ["ann@b.test"]

    refusals = {
        "RCPT": "550 5.1.1 no such user",
        "DATA": "554 5.5.1 no recipients",
        "RSET": "502 5.5.1 what?",
    }
    told(story, Sink(refusals))


def test_a_long_message_passes_in_pieces() -> None:
    line = b"x" * 70 + b"\r\n"

    async def story(relay: Relaying) -> None:
        message = b"Subject: long\r\n\r\n" + 50_000 * line
        assert (await relay.submit(message=message))[0] == 250
        ((_, _, content),) = relay.sink.taken
        assert content.endswith(message)

    told(story)


def test_a_mail_that_passes_is_never_whole_in_memory() -> None:
    message = b"Subject: huge\r\n\r\n" + 18_000 * (b"x" * 900 + b"\r\n")

    async def story(relay: Relaying) -> int:
        raw = await authenticated(relay)
        await raw.say(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n", 3)
        tracemalloc.start()
        for begin in range(0, len(message), 65_536):
            raw.writer.write(message[begin : begin + 65_536])
            await raw.writer.drain()
        said = await raw.say(b".\r\n")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await raw.close()
        assert said[0].startswith("250 ")
        return peak

    sink = Sink(keeps=False)
    peak = told(story, sink)
    assert sink.octets > len(message)
    assert peak < len(message) / 8


# --- the one thing that counts: 250 when, and only when, the next server has taken it ---


REFUSALS = ("450 4.2.0 later", "550 5.1.1 no such user", "421 4.3.2 closing", "530 5.7.0 log in first")


@pytest.mark.parametrize("extensions", [("PIPELINING", "DSN"), ()], ids=["pipelined", "one by one"])
@pytest.mark.parametrize("fault", [*REFUSALS, CLOSE, HANG, TAKE_AND_CLOSE, "nonsense", "399 what"])
@pytest.mark.parametrize("step", STEPS)
def test_the_client_hears_250_when_and_only_when_the_next_server_has_taken_it(
    step: str, fault: str, extensions: tuple[str, ...]
) -> None:
    sink = Sink({step: fault}, extensions)

    async def story(relay: Relaying) -> tuple[int, str]:
        code, words, _ = await relay.submit()
        # nobody else will ever report what was refused for good; what is about the sender says nothing of it
        assert len(relay.bounces) == (code == 550 and step != "MAIL")
        return code, words

    code, words = told(story, sink, next=IMPATIENT if fault == HANG else {})
    taken = len(sink.taken)
    ambiguous = step == "dot" and fault == TAKE_AND_CLOSE
    assert taken <= 1
    if code == 250:
        assert taken == 1
    else:
        assert taken == 0 or ambiguous, "refused, though it was taken"
        # what one server said of the mail is our answer; all that went wrong around it may be tried again
        final = fault[:3] == "550" and step not in ("connect", "EHLO")
        assert code == (
            550 if final else 450 if fault[:3] == "450" and step not in ("connect", "EHLO") else 451
        )
        assert ("no such user" in words) is final


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", ["250 whatever", "220 hello"])
def test_no_reply_before_the_lone_dot_is_taken_for_its_answer(step: str, fault: str) -> None:
    sink = Sink({step: fault})

    async def story(relay: Relaying) -> int:
        return (await relay.submit())[0]

    code = told(story, sink)
    assert (code == 250) is (len(sink.taken) == 1)


@pytest.mark.parametrize("step", ["EHLO", "RCPT", "dot"])
@pytest.mark.parametrize(
    "said", ["550 " + 70_000 * "x", 150 * "550-x\r\n" + "550 x", "\x00550 x", "55\xb9 x"]
)
def test_a_next_server_that_babbles_is_left(step: str, said: str) -> None:
    sink = Sink({step: said})

    async def story(relay: Relaying) -> None:
        assert (await relay.submit())[0] == 451
        assert sink.taken == []

    told(story, sink)


def test_the_words_of_the_next_server_can_do_no_harm() -> None:
    async def story(relay: Relaying) -> None:
        code, words, _ = await relay.submit()
        assert code == 550
        assert words == "5.1.1 a?[31m b? c\nd"

    told(story, Sink({"RCPT": "550-5.1.1 a\x1b[31m b\xe9 c\r\n550 d"}))


def test_nothing_is_handed_over_that_is_not_recorded() -> None:
    async def story(relay: Relaying) -> None:
        relay.disk_is_full = True
        code, _, _ = await relay.submit()
        assert code == 451
        assert relay.sink.taken == []
        relay.disk_is_full = False
        assert (await relay.submit())[0] == 250
        assert len(relay.sink.taken) == len(relay.recorded) == 1

    told(story)


def test_a_refusal_is_told_when_its_bounce_is_durable() -> None:
    async def story(relay: Relaying) -> None:
        relay.disk_is_full = True
        assert (await relay.submit())[0] == 451
        relay.disk_is_full = False
        assert (await relay.submit())[:2] == (550, "5.1.1 no such user")
        ((to, recipient, reply),) = relay.bounces
        assert verify(KEYRING, to.partition("@")[0], "shop.return.test") is not None
        assert (recipient, reply.code, reply.text) == ("ann@b.test", 550, "5.1.1 no such user")

    told(story, Sink({"RCPT": "550 5.1.1 no such user"}))


def test_a_next_server_that_is_not_there_is_451() -> None:
    async def story(relay: Relaying) -> None:
        await relay.sink.__aexit__()
        code, words, _ = await relay.submit()
        assert (code, words[:5]) == (451, "4.4.1")
        assert relay.counts["unreachable"] == 1

    told(story)


def test_that_the_next_server_is_silent_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def story(relay: Relaying) -> None:
        assert (await relay.submit())[0] == 451
        assert re.search(r"cannot be reached: 127\.0\.0\.1:\d+: TimeoutError", caplog.text)

    told(story, Sink({"connect": HANG}), next=IMPATIENT)


def test_a_client_that_hangs_up_in_the_midst_has_sent_nothing() -> None:
    async def story(relay: Relaying) -> None:
        raw = await authenticated(relay)
        await raw.say(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubject: x\r\n\r\nhalf", 3)
        await raw.close()
        assert (await relay.submit())[0] == 250
        assert len(relay.sink.taken) == 1
        assert relay.counts["given_up"] == 1

    told(story)


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: x\r\n\r\na\n.\nMAIL FROM:<evil@x.test>\r\n",
        b"Subject: x\r\n\r\na\n.\r\nMAIL FROM:<evil@x.test>\r\n",
        b"Subject: x\r\n\r\na\r.\rMAIL FROM:<evil@x.test>\r\n",
        b"Subject: x\r\n\r\na\r\n.\nMAIL FROM:<evil@x.test>\r\n",
        b"Subject: x\r\n\r\na\r\n.\rMAIL FROM:<evil@x.test>\r\n",
        b"\n\r\n",
    ],
)
def test_line_ends_that_are_none_reach_nobody(content: bytes) -> None:
    async def story(relay: Relaying) -> None:
        raw = await authenticated(relay)
        said = await raw.say(
            b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n" + content + b".\r\nNOOP\r\n", 5
        )
        await raw.close()
        assert said[3].startswith("554 5.6.0 ")
        assert said[4].startswith("250 "), "what stood behind the dots is no command"
        assert relay.sink.taken == []

    told(story)


def test_a_message_above_the_limit_is_refused_and_its_end_never_passed_on() -> None:
    async def story(relay: Relaying) -> None:
        code, words, _ = await relay.submit(message=b"Subject: x\r\n\r\n" + 3000 * b"x\r\n")
        assert (code, words[:5]) == (552, "5.3.4")
        assert relay.sink.taken == []
        assert (await relay.submit())[0] == 250

    told(story, limits=Limits(message=2000, idle=30))


# --- who may, and to whom ---


def test_a_stopped_recipient_is_refused_and_counted_and_the_others_are_not() -> None:
    async def story(relay: Relaying) -> None:
        relay.bounce("gone@b.test")
        code, _, refused = await relay.submit(["gone@b.test", "ann@b.test"])
        assert code == 250
        assert list(refused) == ["gone@b.test"]
        assert refused["gone@b.test"][1].endswith(b"[retour:stopped]")
        assert [recipient.split(">")[0] for _, recipient, _ in relay.sink.taken] == ["<ann@b.test"]
        assert relay.avoided == ["shop"]

    told(story)


def test_a_stopped_recipient_is_dropped_alone_where_the_settings_say_so() -> None:
    async def story(relay: Relaying) -> None:
        relay.bounce("gone@b.test")
        assert await relay.submit(["gone@b.test", "ann@b.test"]) == (250, "", {})
        assert [recipient.split(">")[0] for _, recipient, _ in relay.sink.taken] == ["<ann@b.test"]
        assert relay.avoided == ["shop"]
        assert await relay.submit(["gone@b.test"]) == (250, "", {})
        assert len(relay.sink.taken) == 1
        assert relay.avoided == ["shop", "shop"]

    told(story, dropping=frozenset({"shop"}))


def test_a_dropped_mail_whose_content_is_refused_is_no_send_avoided() -> None:
    async def story(relay: Relaying) -> None:
        relay.unsubscribe("left@b.test")
        broken = await authenticated(relay)
        begun = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<left@b.test>\r\nDATA\r\n"
        said = await broken.say(begun + b"\r\n" + b"x\r\n" * 100_000 + b"x\n\r\n.\r\n", 4)
        assert said[-1].startswith("554 5.6.0 ")
        await broken.close()
        assert relay.avoided == []

    told(story, dropping=frozenset({"shop"}))


def test_a_stop_that_is_deferred_is_tried_again_and_is_no_send_avoided() -> None:
    async def story(relay: Relaying) -> None:
        relay.bounce("ann@b.test")
        for _ in range(3):
            assert (await relay.submit())[0] == 450
        assert relay.avoided == []

    told(story, defers=True)


def test_what_is_dropped_is_written_down_before_it_is_accepted() -> None:
    async def story(relay: Relaying) -> None:
        relay.bounce("gone@b.test")
        relay.disk_is_full = True
        assert (await relay.submit(["gone@b.test"]))[0] == 451

    told(story, dropping=frozenset({"shop"}))


def test_further_recipients_of_a_message_are_told_to_come_in_another() -> None:
    async def story(relay: Relaying) -> None:
        code, _, refused = await relay.submit(["ann@b.test", "bob@b.test"])
        assert code == 250
        assert refused["bob@b.test"][0] == 452
        assert [recipient.split(">")[0] for _, recipient, _ in relay.sink.taken] == ["<ann@b.test"]

    told(story)


def test_a_mail_with_further_recipients_is_nobody_s_where_the_settings_say_so() -> None:
    async def story(relay: Relaying) -> None:
        code, words, _ = await relay.submit(["ann@b.test", "bob@b.test"])
        assert (code, words[:5]) == (554, "5.5.3")
        assert relay.sink.taken == relay.recorded == []
        assert (await relay.submit(["ann@b.test"]))[0] == 250

    told(story, alone=True)


@pytest.mark.parametrize(
    ("login", "header", "passes"),
    [
        ("shop", b"", False),
        ("shop", b"X-Retour-Kind: system\r\n", True),
        ("shop", b"X-Retour-Kind: nonsense\r\n", False),
        ("shop/system", b"", True),
        ("shop/mailing", b"X-Retour-Kind: system\r\n", False),
        ("receipts", b"", True),
    ],
)
@pytest.mark.parametrize("dropping", [False, True])
def test_the_kind_of_a_mail_comes_from_the_login_then_the_header_then_the_settings(
    login: str, header: bytes, passes: bool, dropping: bool
) -> None:
    async def story(relay: Relaying) -> None:
        relay.unsubscribe("left@b.test")
        code, _, _ = await relay.submit(["left@b.test"], header + MESSAGE, login=login)
        assert (len(relay.sink.taken) == 1) is passes
        assert code == (250 if passes or dropping else 550)
        assert relay.avoided == ([] if passes else ["shop"])
        if passes:
            assert relay.recorded[0].kind is MailKind.SYSTEM

    told(
        story,
        logins={"receipts": Login("shop", MailKind.SYSTEM)},
        dropping=frozenset({"shop"} if dropping else ()),
    )


@pytest.mark.parametrize(
    ("login", "key"), [("shop", "other"), ("other", "shop"), ("nobody", "shop"), ("shop/wrong", "shop")]
)
def test_credentials_of_another_account_are_refused(login: str, key: str) -> None:
    async def story(relay: Relaying) -> None:
        raw = await greeted(relay)
        plain = b64encode(f"\0{login}\0{relay.keys[key]}".encode())
        said = await raw.say(b"EHLO x\r\nAUTH PLAIN " + plain + b"\r\nMAIL FROM:<a@b.test>\r\n", 3)
        await raw.close()
        assert said[1].startswith("535 5.7.8 ")
        assert said[2].startswith("530 5.7.0 ")

    told(story)


def test_a_key_that_is_revoked_ends_the_connections_that_began_with_it() -> None:
    async def story(relay: Relaying) -> None:
        raw = await authenticated(relay)
        mail = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<ann@b.test>\r\nDATA\r\n"
        assert (await raw.say(mail, 3))[-1].startswith("354 ")
        assert (await raw.say(b"\r\nx\r\n.\r\n"))[0].startswith("250 ")
        relay.store.accounts.revoke_key("shop", relay.clock.now())
        relay.clock.instant += 6 * SECOND
        said = await raw.say(mail, 4)
        await raw.close()
        assert said[2].startswith("421 4.7.0 ")
        assert said[3] == ""  # it has hung up
        assert len(relay.sink.taken) == 1

    told(story)


def test_what_is_no_address_is_refused_at_once() -> None:
    async def story(relay: Relaying) -> None:
        assert (await relay.submit(["postmaster"]))[0] == 553
        assert relay.sink.connections == 0

    told(story)


def test_a_message_that_has_been_everywhere_goes_round_no_more() -> None:
    async def story(relay: Relaying) -> None:
        code, words, _ = await relay.submit(message=60 * b"Received: by x; now\r\n" + MESSAGE)
        assert (code, words[:5]) == (554, "5.4.6")
        assert relay.sink.taken == []

    told(story)

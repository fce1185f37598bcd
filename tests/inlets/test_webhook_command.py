"""`retour webhook`, as an operator types it."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inlets.amazon import HOST, TOPIC, amazon
from inlets.hooked import SECRET, Hooked, hooked, source
from inlets.senders import Request, Sender, basic
from retour.cli import webhook
from retour.cli.commands import app
from retour.inlets.webhooks import Https
from retour.inlets.webhooks.scheme import Why
from retour.lifecycle import preset
from retour.ports import RecordQuery
from retour.settings import Settings, load
from retour.texts import catalogue

SNS = Sender("ses", "", lambda body, at: Request(body), {"topics": [TOPIC]})


def command(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["webhook", *arguments])
    return done.exit_code, done.output.strip()


def shop(house: Hooked) -> None:
    store, now = house.house.store, house.house.clock.now()
    store.accounts.add_account("shop", "shop.return.test", preset("default"), now)


def answers(house: Hooked) -> list[tuple[str, str]]:
    return [(each.after, each.actor) for each in house.house.store.ledger.records(RecordQuery("shop"))]


def test_a_secret_is_hard_to_guess_and_another_each_time() -> None:
    first, second = command("secret")[1], command("secret")[1]
    assert first != second
    for text in (first, second):
        assert re.fullmatch(r"[\w-]{32}", text)
        Settings.model_validate(
            {"webhooks": {"sources": {"x": {"provider": "ses", "account": "a", "paths": [text]}}}}
        )


def test_a_topic_is_confirmed_by_an_operator_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("--data", str(tmp_path / "data"))
    with amazon(tmp_path) as sns:
        monkeypatch.setattr(webhook, "https", sns.https)
        with hooked(tmp_path / "data", {"shop": source(SNS)}, sns.https()) as house:
            assert command("pending", *data) == (0, "No topic waits to be confirmed.")
            house.post(Request(sns.body("confirm?", Type="SubscriptionConfirmation")))
            nobody = command("confirm", command("pending", *data)[1].split()[0], *data)
            assert (nobody[0], "account shop of the source shop does not exist" in nobody[1]) == (1, True)
            shop(house)
            shown = command("pending", *data)[1]
            assert f"shop  {TOPIC}  asks to post here" in shown
            id = shown.split()[0]
            assert sns.asked[-1] != HOST
            before = len(sns.asked)
            assert command("confirm", id, *data) == (0, f"Confirmed: {TOPIC} may post here.")
            (asked,) = sns.asked[before:]
            assert asked == (
                f"{HOST}/?Action=ConfirmSubscription"
                "&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Abounces"
                "&Token=2336412f37f&Version=2010-03-31"
            )
            assert command("pending", *data) == (0, "No topic waits to be confirmed.")
            assert command("confirm", id, *data)[0] == 1
            assert answers(house) == [("confirmed", "command line")]


def test_what_could_not_be_confirmed_still_waits_and_can_be_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ("--data", str(tmp_path / "data"))
    with amazon(tmp_path) as sns, hooked(tmp_path / "data", {"shop": source(SNS)}, sns.https()) as house:
        shop(house)
        house.post(Request(sns.body("gone", Type="UnsubscribeConfirmation")))
        monkeypatch.setattr(webhook, "https", lambda: Https(sns.https().trusting, lambda _: ("127.0.0.1", 1)))
        id = command("pending", *data)[1].split()[0]
        status, said = command("confirm", id, *data, "--lang", "de")
        assert (status, "es wartet weiter" in said) == (1, True)
        assert "was unsubscribed" in command("pending", *data)[1]
        assert command("refuse", id, *data) == (0, f"{TOPIC} stays unconfirmed.")
        assert answers(house) == [("refused", "command line")]
        assert command("pending", *data)[1] == "No topic waits to be confirmed."


def test_a_source_says_how_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    us, other = basic("brevo"), basic("brevo")
    sources = {"shop": source(us)}
    file = tmp_path / "retour.toml"
    head = '[webhooks]\npublic_url = "https://hooks.example"\n[webhooks.sources.shop]\nprovider = "brevo"\n'
    closed = f'{head}scheme = "basic"\naccount = "shop"\npaths = ["{SECRET}"]\n'
    file.write_text(closed, "utf-8")
    with hooked(tmp_path / "data", sources) as house:
        assert "closed: keys is missing" in command("list")[1]
        file.write_text(closed + f'keys = ["{us.key}"]\n', "utf-8")
        assert "nothing has come yet" in command("list")[1]
        house.post(us.sign(us.body, 0))
        shown = command("list")[1]
        assert re.fullmatch(r"shop  brevo  shop  https://hooks.example/hooks/shop/…  works since \S+", shown)
        assert SECRET not in shown
        house.post(other.sign(us.body, 0))
        assert "ABGEWIESEN seit" in command("list", "--lang", "de")[1]
    assert load(file).webhooks.sources["shop"].provider == "brevo"


@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_reason_of_a_refusal_has_a_sentence(lang: str) -> None:
    words = catalogue(f"webhooks.{lang}")
    for why in (*Why, "size", "content-encoding"):
        assert words(f"why.{why}")

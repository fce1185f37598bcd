"""Settings: file, environment, faults that name their key, and the page that describes them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from retour.model import MailKind, Proof
from retour.settings import Listener, Log, Mailbox, ProviderList, Queue, Settings, SettingsError, load

PAGE = (Path(__file__).parents[2] / "docs/settings.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No retour.toml here, and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("RETOUR_DATA_DIR", "RETOUR_API__PORT"):
        monkeypatch.delenv(name, raising=False)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text, "utf-8")
    return file


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key with its levels, as the page writes them."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from keys(inner, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_without_a_file_everything_has_a_default() -> None:
    assert load() == Settings()
    assert (load().api.port, load().smtp.port, load().lmtp.port) == (8025, 2525, 2424)
    assert load().postfix.listeners == (Listener(),)


def test_a_file_here_is_read_and_one_that_is_named_stands_before_it(tmp_path: Path) -> None:
    (tmp_path / "retour.toml").write_text('data_dir = "here"', "utf-8")
    assert load().data_dir == Path("here")
    assert load(written(tmp_path, 'data_dir = "there"')).data_dir == Path("there")


def test_all_of_it(tmp_path: Path) -> None:
    settings = load(
        written(
            tmp_path,
            """
            data_dir = "/var/lib/retour"
            [api]
            port = 9000
            [lmtp]
            clients = ["192.0.2.0/24"]
            [inlets."bounces@shop.example"]
            account = "shop"
            proof = "send"
            [postfix]
            stop_answer = "defer"
            [[postfix.listeners]]
            port = 10041
            account = "shop"
            kind = "system"
            [postfix.domains."Shop.Example"]
            account = "shop"
            """,
        )
    )
    assert settings.api.port == 9000
    assert settings.lmtp.port == 2424
    assert settings.inlets["bounces@shop.example"].proof is Proof.SEND
    assert settings.postfix.listeners[0].kind is MailKind.SYSTEM
    assert settings.postfix.domains["shop.example"].account == "shop"


def test_the_environment_stands_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETOUR_API__PORT", "9001")
    settings = load(written(tmp_path, '[api]\nport = 9000\nhost = "::1"'))
    assert (settings.api.port, settings.api.host) == (9001, "::1")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("colour = 1", "colour"),
        ("[api]\nport = 65536", "api.port"),
        ("[api]\ncolour = 1", "api.colour"),
        ('[postfix]\nmore_url = "a b"', "postfix.more_url"),
        ('[postfix]\nmore_url = "https://b\u00fccher.example"', "postfix.more_url"),
        ('[postfix]\nstop_answer = "discard"', "postfix.stop_answer"),
        ("[retention]\nraw_days = 0", "retention.raw_days"),
        ('[inlets."a@b.example"]\nproof = "belief"', "inlets.a@b.example.proof"),
        ('[inlets."a@b.example"]\nproof = "open"', "inlets.a@b.example"),
        ('[smtp]\nclients = ["everybody"]', "smtp.clients.0"),
        ('[logs.mx]\nformat = "postfix-log"', "logs.mx"),
        ('[logs.mx]\nformat = "postfix-log"\npath = "a"\nunit = "b"', "logs.mx"),
        ('[logs.mx]\nformat = "postfix-log"\npath = "a"\njournal = "b"', "logs.mx"),
        ('[logs.mx]\nformat = "notes"\npath = "a"', "logs.mx.format"),
        ('[logs."a b"]\nformat = "postfix-log"\npath = "a"', "logs.a b"),
        ('[relay]\nhostname = "a b"', "relay.hostname"),
        ('[relay]\ncertificate = "c.pem"', "relay"),
        ('[relay]\ntls = "implicit"', "relay"),
        ('[relay.next]\nhost = "mx.example"\nlogin = "x"', "relay.next"),
        ('[relay.accounts]\nshop = "discard"', "relay.accounts.shop"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_file(tmp_path: Path, text: str, key: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(SettingsError) as raised:
        load(file)
    assert str(raised.value).startswith(f"{file}: {key}")
    assert "docs/settings.md" in str(raised.value)


def test_a_file_that_is_missing_or_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"is no TOML.*line 1"):
        load(written(tmp_path, "port 25"))


def test_the_page_describes_every_key() -> None:
    described = set(re.findall(r"`([a-z_.<>\[\]]+)`", PAGE))
    wanted = set(keys(Settings))
    maps = {"inlets", "logs", "postfix.contexts", "postfix.logins", "postfix.domains", "webhooks.sources"}
    maps |= {"relay.accounts", "relay.logins", "mailboxes", "queues", "lists"}
    assert wanted - maps <= described
    for name in Listener.model_fields:
        assert f"postfix.listeners[].{name}" in described
    for name in Log.model_fields:
        assert f"logs.<name>.{name}" in described
    for name in ("account", "proof", "name"):
        assert f"inlets.<address>.{name}" in described
    for name in Mailbox.model_fields:
        assert f"mailboxes.<name>.{name}" in described
    for name in ProviderList.model_fields:
        assert f"lists.<name>.{name}" in described
    for name in Queue.model_fields:
        assert f"queues.<name>.{name}" in described
    for name in ("contexts.<name>", "logins.<name>", "domains.<domain>"):
        assert f"postfix.{name}.account" in described


def test_the_page_describes_nothing_else() -> None:
    known = set(keys(Settings))
    rows = re.findall(r"^\| (`.+?`) \|", PAGE, re.MULTILINE)
    for key in re.findall(r"`([a-z_.]+)`", " ".join(rows)):
        assert key in known or key in (".kind",), key


def test_the_page_tells_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = re.findall(r"^\| `([a-z_.]+)`(?:, `[a-z_.]+`)? \| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert len(rows) > 10
    for key, default in rows:
        # Tests of servers go without a console (tests/conftest.py); the page tells what holds without them.
        monkeypatch.delenv("RETOUR_CONSOLE__ENABLED", raising=False)
        value: object = Settings()
        for level in key.split("."):
            value = getattr(value, level)
        told = default.strip('"').replace('", "', ", ").strip('["]')
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        assert shown == told or ", ".join(map(str, value)) == told, key


def test_no_two_parts_listen_on_one_port_by_default() -> None:
    default = Settings()
    parts = (default.api, default.console, default.webhooks, default.smtp, default.lmtp, default.relay)
    ports = [part.port for part in parts] + [each.port for each in default.postfix.listeners]
    assert len(ports) == 7
    assert len(set(ports)) == 7


IMAP = """
[mailboxes.bounces]
kind = "imap"
host = "mail.example"
user = "ann"
password = "hidden"
"""


def test_a_mailbox_of_the_file_and_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(written(tmp_path, IMAP)).mailboxes["bounces"].password.get_secret_value() == "hidden"
    monkeypatch.setenv("RETOUR_MAILBOXES__BOUNCES__PASSWORD", "from the environment")
    chosen = load(written(tmp_path, IMAP))
    assert chosen.mailboxes["bounces"].password.get_secret_value() == "from the environment"
    assert chosen.mailboxes["bounces"].processed == "Retour"
    assert "from the" not in repr(chosen)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('tls = "none"', "shows the password to the network"),
        ('processed = "inbox"', "name another in processed"),
        ('folder = "Bounces"\nunparsed = "Bounces"', "name another in processed"),
        ('password_file = "/p"', "one of them"),
        ('pasword = "hidden too"', "mailboxes.bounces.pasword: Extra inputs"),
        ("poll = 0", "mailboxes.bounces.poll: Input should be greater than or equal to 0.1 (it is 0)"),
        ('proof = "open"', "set account"),
        ('recipient_header = "Not a header:"', "mailboxes.bounces.recipient_header"),
    ],
)
def test_faults_of_a_mailbox_are_told_without_its_password(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, f"{IMAP}{line}\n"))
    assert told in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (IMAP.replace('"hidden"', "4711"), "mailboxes.bounces.password: Input should be a valid string"),
        (IMAP.replace('"hidden"', '"4711\\r\\nDELE 1"'), "one line each"),
        (IMAP.replace('"imap"', '"imaps"'), "(it is 'imaps')"),
        ("[mailboxes]\nbounces = '4711'", "mailboxes.bounces"),
        ("mailboxes = '4711'", "mailboxes"),
        ('[mailboxes.x]\nkind = "maildir"', "needs path"),
        ('[mailboxes.x]\nkind = "pop3"\npassword = "4711"', "needs host and user"),
        ('[mailboxes."A b"]\nkind = "maildir"\npath = "p"', "mailboxes.A b"),
    ],
)
def test_a_mailbox_that_cannot_be_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text))
    assert told in str(caught.value)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('url = "http://sqs.example/1/q"', "queues.ses.url: Value error, must begin with https://"),
        ('url = "https://sqs.example/1/q"\nendpoint_url = "http://a"', "queues.ses.endpoint_url"),
        ('url = "https://sqs.example/1/q"\nvisibility = 5', "queues.ses.visibility"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, f'[queues.ses]\naccount = "shop"\n{line}\n'))
    assert told in str(caught.value)


LISTS = """
[lists.ses]
provider = "ses"
account = "shop"
access_key = "AKID"
secret_key = "hidden"
region = "eu-central-1"
"""


def test_a_list_of_a_provider_is_off_until_it_is_named(tmp_path: Path) -> None:
    assert load().lists == {}
    settings = load(written(tmp_path, LISTS))
    assert (settings.lists["ses"].stops, settings.lists["ses"].restores) == (True, True)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LISTS.replace('region = "eu-central-1"', ""), "needs access_key, secret_key and region"),
        (LISTS + 'colour = "hidden"', "lists.ses.colour"),
        (LISTS.replace('"hidden"', '"hidden\\r\\nX: y"'), "printable ASCII"),
        (LISTS.replace('"eu-central-1"', '"evil.example/"'), "lists.ses.region"),
        ('[lists.x]\nprovider = "sendgrid"\naccount = "a"', "sendgrid needs key"),
        ('[lists.x]\nprovider = "mailgun"\naccount = "a"\nkey = "hidden"', "mailgun needs domain"),
        ('[lists.x]\nprovider = "brevo"\naccount = "a"\nkey = "hidden"', "lists.x.provider"),
    ],
)
def test_a_list_that_cannot_be_is_refused_without_its_secret(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(tmp_path, text))
    assert told in str(caught.value)
    assert "hidden" not in str(caught.value)

"""What is suggested for a mistyped domain or name, and what is left alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retour.vet import Code, Dns, Facts, Policy, Speller, suggest_domain, suggest_local, vet
from retour.vet.tables import table
from retour.vet.typos import _shares, known_real

NOW = datetime(2026, 11, 1, tzinfo=UTC)

SLIPS = [
    ("gmaik.com", "gmail.com"),
    ("gmailcom", "gmail.com"),
    ("gmail,com", "gmail.com"),
    ("gmail.con", "gmail.com"),
    ("gmail.com.com", "gmail.com"),
    ("www.gmail.com", "gmail.com"),
    ("gmail", "gmail.com"),
    ("hotmial.com", "hotmail.com"),
    ("outloook.de", "outlook.de"),
    ("t-onlien.de", "t-online.de"),
    ("tonline.de", "t-online.de"),
    ("gmxx.de", "gmx.de"),
    ("freenet.ed", "freenet.de"),
    ("bluewim.ch", "bluewin.ch"),
    ("oragne.fr", "orange.fr"),
    ("yahoo.co.ukk", "yahoo.co.uk"),
    ("weeb.de", "web.de"),
    ("gmvx.de", "gmx.de"),
    ("livve.de", "live.de"),
    ("z-online.de", "t-online.de"),
]


@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_a_slip_suggests_what_was_meant(typed: str, meant: str) -> None:
    found = suggest_domain(typed)
    assert found is not None
    assert found.text == meant
    assert found.odds >= 20


@pytest.mark.parametrize(
    "domain",
    "gmx.net gmx.at mail.de ymail.com email.de mail.com hotmail.at hotmail.dk hotmail.no live.nl "
    "yahoo.in t-online.hu outlook.com.gr gms.de gmk.de gmz.de kunde.web.de "
    "m-online.de x-online.de b-online.de "
    "sap.com praxis-weber.de muster-gmbh.de ibm.com example.com . .. "
    f"{'x' * 300}".split(" "),
)
def test_a_real_look_alike_is_left_alone(domain: str) -> None:
    assert suggest_domain(domain) is None


@pytest.mark.parametrize(
    "domain",
    ["photon.me", "range.fr", "olive.de", "libera.it", "ramble.ru", "mixcloud.com", "abb.bg"],
)
def test_a_word_is_no_slip_of_a_provider(domain: str) -> None:
    assert suggest_domain(domain) is None


def test_no_provider_is_taken_for_another() -> None:
    names = [name for each in table("providers")["provider"] for name in each["domains"]]
    assert len(names) == len(set(names)) > 200
    assert [name for name in names if suggest_domain(name) is not None] == []


def test_what_stands_in_the_tables_is_at_odds_with_nothing() -> None:
    told = table("squats")
    typed = {name for each in told["squat"] for _, names in each["domains"] for name in names.split()}
    typed |= {name for each in told["rule"] for name in each["domains"]}
    assert {name for name in typed if known_real(name)} == set()
    assert {each.kind for name in typed if (each := suggest_domain(name))} == {Code.SQUAT, Code.TYPO_DOMAIN}
    assert all(table(name)["source"] for name in ("endings",))
    assert all(each["source"] for each in table("families")["family"] + table("providers")["provider"])


@pytest.mark.parametrize(
    "domain", ["hotmail.n", "yahoo.a", "firm.i", "firm.p", "firm.u", "firm.f", "firm.da"]
)
def test_an_ending_that_may_be_of_several_countries_is_not_guessed(domain: str) -> None:
    assert suggest_domain(domain) is None


@pytest.mark.parametrize(
    ("domain", "meant"), [("firm.d", "firm.de"), ("firm.dw", "firm.de"), ("firm.rg", "firm.org")]
)
def test_of_several_endings_the_one_that_is_far_likelier_was_meant(domain: str, meant: str) -> None:
    found = suggest_domain(domain)
    assert found is not None
    assert found.text == meant


def test_where_own_mail_arrives_is_real_and_may_have_been_meant() -> None:
    assert suggest_domain("exmaple.com") is None
    found = suggest_domain("exmaple.com", {"example.com": 12})
    assert found is not None
    assert (found.text, found.kind) == ("example.com", Code.TYPO_DOMAIN)
    assert suggest_domain("gmaik.com", {"gmaik.com": 40}) is None


def test_evidence_moves_the_odds() -> None:
    speller = Speller()
    plain = speller.suggest("gnx.de", least=0.0)
    assert plain is not None

    def told(state: Code) -> float:
        found = speller.suggest("gnx.de", Facts(dns=Dns(state, "test", NOW)), least=0.0)
        assert found is not None
        return found.odds

    assert told(Code.NXDOMAIN) == pytest.approx(33 * plain.odds, rel=0.01)
    assert told(Code.MX) == pytest.approx(plain.odds / 2, rel=0.01)
    assert told(Code.SERVFAIL) == told(Code.TIMEOUT) == plain.odds
    bounced = speller.suggest("gnx.de", Facts(bounced={"gnx.de": 3}), least=0.0)
    assert bounced is not None
    assert bounced.odds > plain.odds


def test_a_suggestion_is_a_whole_address_and_never_applied() -> None:
    checked = vet("Ann.Lee@gmial.com")
    assert checked.normalised == "Ann.Lee@gmial.com"
    assert (checked.suggestion, checked.practical) == ("Ann.Lee@gmail.com", "warn")
    assert checked.odds is not None
    assert Code.SQUAT in checked.reasons
    assert vet("ann@gmial.com", policy=Policy(allowed=frozenset({"gmial.com"}))).suggestion is None


def test_what_stands_around_an_address_is_taken_off_in_the_suggestion() -> None:
    given = (
        "mailto:ann@shop.de",
        "<ann@shop.de>",
        "ann@shop.de.",
        '"ann@shop.de"',
        "ann@shop.de,",
        "\ufeffann@shop.de",
    )
    for text in given:
        checked = vet(text)
        assert (checked.rfc, checked.practical, checked.suggestion) == ("invalid", "reject", "ann@shop.de"), (
            text
        )
        assert checked.odds is None
    assert vet("ann@shopqx.").suggestion is None  # no domain is left


@pytest.mark.parametrize(
    ("local", "names", "frequent", "meant"),
    [
        ("w.wislon", ["Walter", "Wilson"], {}, "w.wilson"),
        ("w.wislon", [], {"wilson": 40, "smith": 300}, "w.wilson"),
        ("wwislon", ["Walter Wilson"], {}, "wwilson"),
        ("anna.muelelr", ["Anna Müller"], {}, "anna.mueller"),
        ("anna.muller", ["Anna Müller"], {}, None),
        ("soren.lund", ["Søren", "Lund"], {}, None),
        ("soeren.lund", ["Søren", "Lund"], {}, None),
        ("aase.andgaard", ["Åse", "Åndgård"], {}, None),
        ("ase.andgard", ["Åse", "Åndgård"], {}, None),
        ("lukasz", ["Łukasz Wałęsa"], {}, None),
        ("yilmaz", ["Işıl Yılmaz"], {}, None),
        ("ggros", ["Gerd Groß"], {}, None),
        ("lukazs", ["Łukasz Wałęsa"], {}, "lukasz"),
        ("ivan", ["Иван Иванов"], {}, None),
        ("w.wilson", ["Walter Wilson"], {}, None),
        ("schmidt", ["Anna Schmid"], {}, None),
        ("petra", ["Peter Lustig"], {"peter": 900}, None),
        ("info", ["Ingo Meier"], {}, None),
        ("x7", ["Ann Lee"], {}, None),
    ],
)
def test_a_slip_in_the_name_is_seen_by_what_the_contact_is_called(
    local: str, names: list[str], frequent: dict[str, int], meant: str | None
) -> None:
    found = suggest_local(local, names, frequent)
    assert (found and found.text) == meant
    told = vet(f"{local}@shop.de", Facts(names=tuple(names), frequent=frequent))
    assert told.suggestion == (meant and f"{meant}@shop.de")


@given(st.text(max_size=60) | st.from_regex(r"[a-z0-9.,-]{0,20}", fullmatch=True))
def test_no_string_raises_anything(domain: str) -> None:
    found = Speller({"shop.example": 9}).suggest(domain, least=0.0)
    assert found is None or found.odds >= 0.0


EDITS = st.tuples(
    st.sampled_from(["delete", "insert", "swap", "replace"]), st.integers(0, 40), st.sampled_from("abcxyz1")
)


@given(st.sampled_from(sorted(name for name in _shares() if name.find(".") > 3)), st.lists(EDITS, max_size=2))
def test_no_name_within_two_slips_is_overlooked(name: str, edits: list[tuple[str, int, str]]) -> None:
    typed = name
    for edit, at, sign in edits:
        place = at % max(len(typed) - 1, 1)
        replaced = {"delete": "", "insert": typed[place] + sign, "replace": sign}.get(edit)
        if replaced is None:
            typed = typed[:place] + typed[place + 1] + typed[place] + typed[place + 2 :]
        else:
            typed = typed[:place] + replaced + typed[place + 1 :]
    assert typed.find(".") < 4 or name in SPELLER.near(typed)


SPELLER = Speller()


def test_a_very_long_line_costs_no_time_that_grows_with_its_square() -> None:
    long = (
        " " * 60_000 + "x",
        "<" * 60_000,
        "(" * 60_000,
        "a@" + "." * 60_000,
        '"' * 60_000,
        "x" * 60_000 + "@x.de",
    )
    for text in long:
        assert vet(text).rfc == "invalid"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("firm.con", "firm.com"),
        ("firm.cmo", "firm.com"),
        ("firm.dee", "firm.de"),
        ("mail.firm.ed", "mail.firm.de"),
        ("firm.nett", "firm.net"),
        ("firm.couk", "firm.co.uk"),
        ("firm.hc", "firm.ch"),
    ],
)
def test_an_ending_that_does_not_exist_is_one_of_the_common_ones(typed: str, meant: str) -> None:
    found = suggest_domain(typed)
    assert found is not None
    assert (found.text, found.kind) == (meant, Code.TYPO_TLD)


@pytest.mark.parametrize(
    "domain",
    # real endings, however near; names within a network; endings that two are equally near to
    ["firm.co", "firm.cm", "firm.dev", "firm.se", "firm.lan", "firm.local", "firm.home", "firm.c", "firm.fe"],
)
def test_other_endings_are_left_alone(domain: str) -> None:
    assert suggest_domain(domain) is None


@pytest.mark.parametrize("domain", ["gmaliil.con", "hotmeil.cpm", "yahuo.cmo"])
def test_half_a_correction_near_a_provider_is_none(domain: str) -> None:
    found = suggest_domain(domain)
    assert found is None or found.text in _shares()


def test_where_own_mail_arrives_no_ending_is_wrong() -> None:
    assert suggest_domain("firm.con", {"firm.con": 9}) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "'ann@shop.de'",
            "„ann@shop.de“",
            "»ann@shop.de«",
            "Ann Lee <ann@shop.de>",
            "ann@@shop.de",
        ),
        *("ann(at)shop.de", "ann [at] shop.de", "ann＠shop.de", '"Lee, Ann" <ann@shop.de>'),
        *("ann%40shop.de", "ann&#64;shop.de", "ann&commat;shop.de", r"ann\@shop.de", "&lt;ann@shop.de&gt;"),
        *("ann@shop.de&nbsp;", "{ann@shop.de}", "SMTP:ann@shop.de", "mailto:ann%40shop.de"),
        *("ann [at] shop [dot] de", "ann at shop.de", "ann  at shop dot de", "ann{ät}shop (Punkt) de"),
    ],
)
def test_what_people_write_around_an_address_and_for_its_sign_is_understood(text: str) -> None:
    checked = vet(text)
    assert (checked.suggestion, checked.odds, checked.normalised) == ("ann@shop.de", None, None)


@pytest.mark.parametrize(
    "text", ["Meet me at shop.de", "lunch at home", "at shop.de", "ann at ", "a at b at c.de"]
)
def test_words_between_which_an_at_stands_are_no_address(text: str) -> None:
    assert vet(text).suggestion is None


@pytest.mark.parametrize(
    "text", ["ann@shop.de@", "@ann@shop.de", "ann@shop.de@shop.de", "ann@shop.de@SHOP.de", "<ann@shop.de@>"]
)
def test_an_at_too_many_is_taken_off_in_the_suggestion_alone(text: str) -> None:
    checked = vet(text)
    assert (checked.suggestion, checked.odds, checked.normalised) == ("ann@shop.de", None, None)


def test_a_mistyped_domain_is_called_throw_away_only_by_a_list_of_our_own() -> None:
    assert vet("ann@gmial.com").reasons == (Code.SQUAT,)
    assert Code.DISPOSABLE in vet("ann@mailinator.com").reasons


def test_a_slip_within_quotation_marks_is_seen_too() -> None:
    assert vet("'ann@gmial.com'").suggestion == "ann@gmail.com"


@pytest.mark.parametrize(
    "text", ["ann@b@c.example", "ann@shop.de@shop.com", "ann lee@shop.de", "@@", "<>", "a<b@@c>d", "(at)"]
)
def test_what_may_mean_several_things_suggests_nothing(text: str) -> None:
    assert vet(text).suggestion is None

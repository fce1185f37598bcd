"""What is proposed where the address is plain to see, and who is mailed against the standard."""

import pytest

from retour.vet import Code, Practical, Rfc, vet


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("uwe@gmx.de@", "uwe@gmx.de"),
        ("@willi@gmx.de", "willi@gmx.de"),
        ("ann@shop.de@shop.de", "ann@shop.de"),
        ("ann@shop.de ann@shop.de", "ann@shop.de"),
        ("ann@shop.de, Ann@shop.de", "ann@shop.de"),
        ("ann.gmx.de", "ann@gmx.de"),
        ("annqgmx.de", "ann@gmx.de"),
        ("ann2gmail.com", "ann@gmail.com"),
        ("ann1982gmail.com", "ann1982@gmail.com"),
        ("ann.archergmail.com", "ann.archer@gmail.com"),
        ("ann_at_gmx.de", "ann@gmx.de"),
        ("ann.at.gmx.de", "ann@gmx.de"),
        ("ann-at-t-online.de", "ann@t-online.de"),
        ("ann_gmx.de", "ann@gmx.de"),
        ("nat.gmx.de", "nat@gmx.de"),
        ("o’brien@shop.de", "o'brien@shop.de"),
        ("ann–lee@shop.de", "ann-lee@shop.de"),
        ("ann @shop.de", "ann@shop.de"),
        ("ann@ shop.de", "ann@shop.de"),
        ("ann@shop .de", "ann@shop.de"),
        ("ann@shop. de", "ann@shop.de"),
        (".ann@shop.de", "ann@shop.de"),
        ("ann.@shop.de", "ann@shop.de"),
        ("ann..lee@shop.de", "ann.lee@shop.de"),
        ("ann@.shop.de", "ann@shop.de"),
        ("ann@shop..de", "ann@shop.de"),
    ],
)
def test_what_is_plain_to_see_is_proposed(typed: str, meant: str) -> None:
    told = vet(typed)
    assert (told.suggestion, told.odds) == (meant, None)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "www.gmx.de",
            "gmx.de",
            "qgmx.de",
            "@willi",
            "ann@b@shop.de",
            "ann@shop.de@gmail.com",
            "welcome.com",
        ),
        *(
            "volvo-online.de",
            "rosenweb.de",
            "ann@shop.de bob@shop.de",
            "https://gmail.com",
            "x" * 300 + "gmail.com",
        ),
        *(
            "an n@shop.de",
            "ann@shop.",
            "..@shop.de",
            "ann..lee@docomo.ne.jp",
            "ann@shop.de neu",
        ),
    ],
)
def test_where_nobody_knows_nothing_is_proposed(typed: str) -> None:
    assert vet(typed).suggestion is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ann@hotmail.c", "ann@hotmail.com"),
        ("ann@gmx.n", "ann@gmx.net"),
        ("ann@gmail.", "ann@gmail.com"),
        ("ann@t-online.", "ann@t-online.de"),
        ("ann..lee@gmial.com", "ann.lee@gmail.com"),
        ("<ann@gmail", "ann@gmail.com"),
        ("ann @shop.dee", "ann@shop.de"),
    ],
)
def test_a_domain_that_somebody_stopped_to_write_is_proposed_with_its_odds(typed: str, meant: str) -> None:
    told = vet(typed)
    assert told.suggestion == meant
    assert told.odds is not None


def test_a_known_look_alike_is_told_as_that_alone() -> None:
    codes = {finding.code for finding in vet("ann@gmial.com").findings}
    assert Code.SQUAT in codes
    assert Code.DISPOSABLE not in codes


@pytest.mark.parametrize("local", ["a..b", "ann.", "a..", "x.-.y.."])
@pytest.mark.parametrize("domain", ["docomo.ne.jp", "ezweb.ne.jp"])
def test_dots_that_a_provider_gave_out_may_be_mailed(local: str, domain: str) -> None:
    told = vet(f"{local}@{domain}")
    assert (told.rfc, told.practical) == (Rfc.INVALID, Practical.WARN)
    assert told.normalised == f"{local}@{domain}"
    assert Code.DOT_TOLERATED in {finding.code for finding in told.findings}


@pytest.mark.parametrize("text", ["a..b@shop.de", "ann.@gmx.de", ".ann@docomo.ne.jp", "..@docomo.ne.jp"])
def test_others_with_such_dots_are_none(text: str) -> None:
    told = vet(text)
    assert (told.practical, told.normalised) == (Practical.REJECT, None)


@pytest.mark.parametrize("text", ["ann§lee@shop.de", "😀@shop.de", "ann•@shop.de", "€5@shop.de"])
def test_a_sign_that_is_no_letter_is_looked_at(text: str) -> None:
    told = vet(text)
    assert (told.rfc, told.practical, told.suggestion) == (Rfc.VALID, Practical.WARN, None)
    assert Code.ODD_SIGN in {finding.code for finding in told.findings}


@pytest.mark.parametrize("text", ["jürgen@shop.de", "用户@shop.de", "हिन्दी@shop.de", "ñandú9@shop.de"])
def test_letters_of_all_alphabets_are_none(text: str) -> None:
    assert Code.ODD_SIGN not in {finding.code for finding in vet(text).findings}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Graz/Ann/ann@gmx.de", "ann@gmx.de"),
        ("12|ann@gmail.com", "ann@gmail.com"),
        ("!ann@web.de", "ann@web.de"),
        ("**ann@yahoo.com", "ann@yahoo.com"),
        ("ann/@gmx.de", None),
        ("ann%40shop.de@gmx.de", None),  # what stands behind the sign is nobody's name
        ("ann&bob@gmail.com", None),
        ("ann#7@gmail.com", None),
        ("jörg@gmx.de", None),  # "joerg" or "jorg", who knows
        ("Annþann@gmx.de", None),
    ],
)
def test_a_sign_that_no_mailbox_of_a_provider_has_is_looked_at(text: str, meant: str | None) -> None:
    told = vet(text)
    assert (told.rfc, told.practical, told.suggestion) == (Rfc.VALID, Practical.WARN, meant)
    assert Code.ODD_SIGN in {finding.code for finding in told.findings}


@pytest.mark.parametrize(
    "text", ["ann/graz@shop.de", "ann+caf_=bob=shop.de@gmail.com", "o'brien@gmail.com", "a/b@docomo.ne.jp"]
)
def test_elsewhere_such_a_sign_may_be_part_of_a_name(text: str) -> None:
    told = vet(text)
    assert told.suggestion is None
    assert Code.ODD_SIGN not in {finding.code for finding in told.findings}

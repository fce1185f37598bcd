"""The scoreboard on docs/dialects.md may only rise, and nothing that we read is without a sample."""

from pathlib import Path

from core.samples import SAMPLES
from core.scoreboard import COLUMNS, DIALECTS, committed, dialect_of, scores, sources, table
from retour.classify import packaged
from retour.parse.software import NAMES

PARSE = Path(__file__).parents[2] / "src" / "retour" / "parse"


def test_no_figure_is_below_the_committed_one() -> None:
    now, before = scores(), committed()
    assert len(before) >= 20
    fallen = []
    for name, score in before.items():
        for column in ("samples", *COLUMNS):
            right, stated = now.get(name, {}).get(column, (0, 0))
            was_right, was_stated = score[column]
            if right < was_right or stated - right > was_stated - was_right:
                fallen.append(f"{name}: {column} {right}/{stated}, was {was_right}/{was_stated}")
    assert fallen == [], "make scoreboard writes the table; only a mail that left the samples may lower it"


def test_the_table_is_read_as_it_is_written() -> None:
    written = scores()
    assert table(written).count("\n") == len(written) + 2
    assert set(committed()) <= set(written)


def test_every_dialect_has_a_sample() -> None:
    there = {dialect_of(sample) for sample in SAMPLES}
    assert [dialect["name"] for dialect in DIALECTS.values() if dialect["name"] not in there] == []


def test_every_software_that_we_name_has_a_sample() -> None:
    expected = [sample.expected for sample in SAMPLES]
    reports = [report for each in expected for report in each.get("reports", [])]
    assert NAMES - {each.get("mta") for each in [*expected, *reports]} == set()


def test_every_grammar_of_its_own_has_a_dialect() -> None:
    """Posts of providers are no dialects of mail; their samples are held by test_providers.py."""
    named = {dialect["module"] for dialect in DIALECTS.values() if "module" in dialect}
    files = [file.relative_to(PARSE).as_posix() for file in PARSE.glob("dialects/*.py")]
    assert {file for file in files if not file.endswith("__init__.py")} == {
        module for module in named if module.startswith("dialects/")
    }
    assert [module for module in named if not (PARSE / module).is_file()] == []


def test_every_rule_has_a_sample_and_a_source() -> None:
    assert [rule.id for rule in packaged().rules if not rule.samples or not rule.source] == []


def test_every_source_is_told() -> None:
    assert sources().count("\n") == len(DIALECTS) + 2
    assert "| postfix 3." in sources()

"""What the rooms of reading cite is there: a row in docs/rfc.md for each RFC, a sample for each quirk."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = [*(ROOT / "src/retour/mime").rglob("*.py"), *(ROOT / "src/retour/parse").rglob("*.py")]
CITED = re.compile(r"RFC \d{4}")
QUIRK = re.compile(r"QUIRK:(?:[^\n]*\n\s*#)?[^\n]*?\b(\d{2,3}-[a-z0-9-]+|[a-z]+-[a-z-]+)\)")


def test_the_table_names_what_the_code_cites() -> None:
    code = "\n".join(file.read_text("utf-8") for file in [*ROOMS, ROOT / "src/retour/codes.py"])
    rows = re.findall(r"^\| (RFC \d{4}) ", (ROOT / "docs/rfc.md").read_text("utf-8"), re.MULTILINE)
    assert rows == sorted(set(rows))
    assert set(rows) == set(CITED.findall(code))


def test_every_quirk_names_a_sample_that_is_there() -> None:
    texts = [file.read_text("utf-8") for file in ROOMS]
    named = [name for text in texts for name in QUIRK.findall(text)]
    assert len(named) == sum(text.count("QUIRK:") for text in texts) > 0
    samples = ROOT / "tests/samples"
    there = {file.stem for file in (*samples.glob("mails/*.eml"), *samples.glob("providers/*.json"))}
    assert [name for name in named if name not in there] == []

"""docs/rfc.md has a row for each RFC that the rooms of reading cite, and for no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = [*(ROOT / "src/retour/mime").rglob("*.py"), *(ROOT / "src/retour/parse").rglob("*.py")]
CITED = re.compile(r"RFC \d{4}")


def test_the_table_names_what_the_code_cites() -> None:
    code = "\n".join(file.read_text("utf-8") for file in [*ROOMS, ROOT / "src/retour/codes.py"])
    rows = re.findall(r"^\| (RFC \d{4}) ", (ROOT / "docs/rfc.md").read_text("utf-8"), re.MULTILINE)
    assert rows == sorted(set(rows))
    assert set(rows) == set(CITED.findall(code))

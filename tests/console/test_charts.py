"""Charts drawn on the server: gaps stay gaps, limits are lines, hostile names are text."""

import itertools
import re

from retour.console.charts import Chart, Series, rates


def drawn(*series: Series, days: int = 4, title: str = "Found", told: str = "Told") -> str:
    labels = [f"{day + 1}.5." for day in range(days)]
    return str(rates(Chart(title, told, labels, series, lambda rate: f"{rate:.0%}")))


def path(svg: str, kind: str) -> str:
    found = re.search(rf'class="line {kind}" d="([^"]*)"', svg)
    assert found is not None
    return found.group(1)


def test_a_missing_day_is_a_gap_and_never_zero() -> None:
    line = path(drawn(Series("hard", "hard", [0.01, None, 0.02, 0.02])), "hard")
    assert line.count("M") == 2
    assert line.count("L") == 1


def test_it_reaches_to_the_next_limit() -> None:
    assert re.findall(r">(\d+%)<", drawn(Series("hard", "hard", [0.01]), days=1)) == ["2%"]
    assert re.findall(r">(\d+%)<", drawn(Series("hard", "hard", [0.03]), days=1)) == ["2%", "5%"]
    assert re.findall(r">(\d+%)<", drawn(Series("hard", "hard", [0.5]), days=1)) == ["2%", "5%", "10%"]


def test_without_a_value_there_is_no_line() -> None:
    assert 'class="line' not in drawn(Series("soft", "soft", [None, None]), days=2)


def test_names_never_lie_over_each_other() -> None:
    svg = drawn(*(Series(kind, kind, [0.01]) for kind in ("hard", "soft", "block")), days=1)
    heights = sorted(float(y) for y in re.findall(r'class="name \w+" x="[^"]+" y="([^"]+)"', svg))
    assert [round(b - a) for a, b in itertools.pairwise(heights)] == [15, 15]


def test_it_has_a_title_and_a_description_and_no_style() -> None:
    svg = drawn(Series("hard", "hard", [0.01]), days=1, title="<script>", told='"quoted"')
    assert '<title id="chart-t">&lt;script&gt;</title>' in svg
    assert '<desc id="chart-d">&quot;quoted&quot;</desc>' in svg
    assert "style" not in svg
    assert 'role="img" aria-labelledby="chart-t chart-d"' in svg

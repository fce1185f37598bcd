"""Charts drawn on the server: gaps stay gaps, limits are lines, hostile names are text."""

import itertools
import re

from retour.console.axes import Mark
from retour.console.bars import Bar, Words, lying, standing
from retour.console.charts import Chart, Series, rates
from retour.console.sizes import Size


def drawn(*series: Series, days: int = 4, title: str = "Found", told: str = "Told") -> str:
    labels = [f"{day + 1}.5." for day in range(days)]
    return str(rates(Chart(title, told, labels, series, lambda rate: f"{rate:.0%}")))


def path(svg: str, kind: str) -> str:
    found = re.search(rf'class="line {kind}" d="([^"]*)"', svg)
    assert found is not None
    return found.group(1)


def ids(svg: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', svg))


def letters(told: str) -> float:
    """How wide words are at the most, in the size of the narrow drawing."""
    return 7 * len(told)


def test_a_missing_day_is_a_gap_and_never_zero() -> None:
    line = path(drawn(Series("hard", "hard", [0.01, None, 0.02, 0.02])), "hard")
    assert line.count("M") == 2
    assert line.count("L") == 1


def test_it_reaches_to_the_next_limit() -> None:
    assert re.findall(r">(\d+%)<", drawn(Series("hard", "hard", [0.01]), days=1)) == ["2%"]
    assert re.findall(r">(\d+%)<", drawn(Series("hard", "hard", [0.03]), days=1)) == ["2%", "5%"]
    assert re.findall(r">(\d+%)<", drawn(Series("hard", "hard", [0.5]), days=1)) == [
        *("2%", "5%", "10%", "20%", "30%", "40%", "50%")
    ]


def test_without_a_value_there_is_no_line() -> None:
    assert 'class="line' not in drawn(Series("soft", "soft", [None, None]), days=2)


def test_names_never_lie_over_each_other() -> None:
    svg = drawn(*(Series(kind, kind, [0.01]) for kind in ("hard", "soft", "block")), days=1)
    heights = sorted(float(y) for y in re.findall(r'class="name \w+" x="[^"]+" y="([^"]+)"', svg))
    assert [round(b - a) for a, b in itertools.pairwise(heights)] == [15, 15]


def test_names_stand_above_the_days_however_low_their_lines_end() -> None:
    svg = drawn(*(Series(kind, kind, [0.0]) for kind in ("hard", "soft", "block")), days=1)
    heights = [float(y) for y in re.findall(r'class="name \w+" x="[^"]+" y="([^"]+)"', svg)]
    days = min(float(y) for y in re.findall(r'y="([^"]+)" text-anchor="middle"', svg))
    assert max(heights) <= days - 12
    assert sorted(abs(b - a) for a, b in itertools.pairwise(sorted(heights))) == [15, 15]


def test_a_day_alone_is_a_point_and_days_together_are_none() -> None:
    svg = drawn(Series("hard", "hard", [0.01, None, 0.02, 0.02]))
    assert len(re.findall(r'<circle class="point hard"', svg)) == 1
    assert "<circle" not in drawn(Series("hard", "hard", [0.01, 0.01]), days=2)


def test_it_has_a_title_and_a_description_and_no_style() -> None:
    svg = drawn(Series("hard", "hard", [0.01]), days=1, title="<script>", told='"quoted"')
    assert '<title id="chart-t">&lt;script&gt;</title>' in svg
    assert '<desc id="chart-d">&quot;quoted&quot;</desc>' in svg
    assert "style" not in svg
    assert 'role="img" aria-labelledby="chart-t chart-d"' in svg


def test_levels_go_up_to_the_top_and_never_touch() -> None:
    for highest in (0.11, 0.26, 0.49, 0.73, 1.0):
        svg = drawn(Series("hard", "hard", [highest]), days=1)
        told = re.findall(r'<text class="tick" x="46" y="([\d.]+)" text-anchor="end">(\d+)%<', svg)
        heights = [float(y) for y, _ in told]
        assert max(int(level) for _, level in told) >= highest * 100
        assert all(before - after >= 12 for before, after in itertools.pairwise(heights))


def test_an_incident_is_a_band_with_its_name() -> None:
    marks = [Mark(1.0, 2.5, "Gmail"), Mark(1.2, 1.4, "<b>"), Mark(-3, 9, "all")]
    words = Words("Found", "Told")
    for svg in (
        str(rates(Chart("t", "d", ["1", "2", "3", "4"], [], str, marks))),
        str(standing(words, [Bar(str(day), day, str(day)) for day in range(4)], marks=marks)),
    ):
        bands = re.findall(r'<rect class="incident" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)
        assert len(bands) == 3
        edges = [(float(x), float(x) + float(wide)) for x, wide in bands]
        assert all(52 <= first < last <= 681 for first, last in edges)  # also one that began before
        heights = re.findall(r'<text class="incident" x="[\d.]+" y="([\d.]+)">([^<]*)<', svg)
        assert {name for _, name in heights} == {"Gmail", "&lt;b&gt;", "all"}
        placed = {name: y for y, name in heights}
        assert placed["Gmail"] != placed["&lt;b&gt;"]  # they lie within each other


def test_where_it_is_narrow_fewer_days_are_named_and_everything_stays_inside() -> None:
    days = [f"{day + 1} May" for day in range(31)]
    chart = Chart("t", "d", days, [Series("hard", "95 of 100", [0.5] * 31)], str)
    words, bars = Words("Found", "Told"), [Bar(day, 7, "7,000 (n = 9,000)") for day in days]
    for draw in (
        lambda size: rates(chart, size=size),
        lambda size: standing(words, bars, size=size),
        lambda size: lying(words, bars, (7, "norm"), size=size),
    ):
        wide, narrow = (str(draw(size)) for size in Size)
        assert len(ids(wide) | ids(narrow)) == len(ids(wide)) + len(ids(narrow))
        for svg, width in ((wide, 720), (narrow, 320)):
            assert f'viewBox="0 0 {width} ' in svg
            begun = re.findall(r' x="([\d.]+)" y="[^"]+">([^<]+)<', svg)
            assert max((float(x) + letters(told) for x, told in begun), default=0) <= width
    wide, narrow = (str(rates(chart, size=size)) for size in Size)
    assert (wide.count(" May<"), narrow.count(" May<")) == (7, 3)


def test_missing_days_are_told_and_the_day_of_today_is_hatched() -> None:
    series = [Series("hard", "hard", [0.01, None, None, 0.02])]
    svg = str(rates(Chart("t", "d", ["1", "2", "3", "4"], series, str, today=3, gap="too few")))
    assert re.findall(r'class="tick gap"[^>]*>([^<]+)<', svg) == ["too few"]
    assert svg.count('class="unfinished"') == 1

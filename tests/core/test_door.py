"""The library's door: what `import retour` promises."""

import subprocess
import sys

import pytest

import retour


@pytest.mark.parametrize("name", retour.__all__)
def test_every_name_of_the_door_opens(name: str) -> None:
    assert callable(getattr(retour, name))


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(AttributeError, match="no attribute 'gates'"):
        retour.gates  # noqa: B018 - asking is the test


def test_the_library_needs_the_standard_library_alone() -> None:
    """Reading, judging and simulating in an interpreter without any installed package (-S)."""
    source = str(next(iter(retour.__path__))) + "/.."
    program = (
        f"import sys; sys.path.insert(0, {source!r})\n"
        "import retour\n"
        "judged = retour.judge(b'Subject: hello\\n\\ntext')\n"
        "retour.judge_reply('550 5.1.1 User unknown')\n"
        "retour.preset('kwiga'); retour.read_scenario; retour.simulate; retour.fold([], [], 0)\n"
        "print(judged.kind)"
    )
    told = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=False)
    assert (told.stdout.strip(), told.stderr) == ("other", "")

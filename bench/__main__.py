"""Runs the benchmarks and keeps their tables in bench/results.md.

    python -m bench                  all of them, in full
    python -m bench check intake     some; the sections of the others stay as they are
    python -m bench --quick          on tiny inputs, to prove that they work; results.md is left alone

A benchmark is a module here with `run() -> str` (Markdown) and `quick() -> str`.
"""

import argparse
import importlib
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
RESULTS = HERE / "results.md"

HEADER = """\
# What was measured

Written by `python -m bench` (`make bench`). Rates are per CPU-second (user and system) of the process that
does the work; ratios compare rounds of the same run, alternating, as min / median / max. Absolute numbers are
for orientation: on another machine, or with busy neighbours, they differ; the ratios hardly do.
"""


def names() -> list[str]:
    """The benchmarks that there are."""
    return sorted(file.stem for file in HERE.glob("*.py") if not file.stem.startswith("_"))


def section(name: str, module: ModuleType, table: str) -> str:
    """The section of one benchmark: what it does, on what, by which command, and what came out."""
    title = (module.__doc__ or name).strip().partition("\n\n")[0].replace("\n", " ").rstrip(".")
    command = f"python -m bench {name}"
    return f"## {name}\n\n{title}.\n\n`{command}` on {machine()}:\n\n{table.strip()}\n"


def machine() -> str:
    """Processor, number of cores, system and Python."""
    system = f"{platform.system()} {platform.release()}"
    return f"{_processor()}, {system}, {platform.python_implementation()} {platform.python_version()}"


def _processor() -> str:
    try:
        about = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    models = re.findall(r"^model name\s*: (.*)$", about, re.MULTILINE)
    return f"{len(models)} × {models[0]}" if models else platform.machine()


def kept() -> dict[str, str]:
    """The sections of results.md by name; none when it is not there."""
    if not RESULTS.exists():
        return {}
    _, *sections = re.split(r"^## ", RESULTS.read_text("utf-8"), flags=re.MULTILINE)
    return {text.partition("\n")[0]: f"## {text}" for text in sections}


def write(sections: Mapping[str, str]) -> None:
    """Write results.md, the sections by name."""
    ordered = (sections[name].rstrip() + "\n" for name in sorted(sections))
    RESULTS.write_text("\n".join([HEADER, *ordered]), "utf-8")


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--quick", action="store_true", help="tiny inputs; leaves results.md alone")
    given = parser.parse_args()
    unknown = set(given.benchmarks) - set(names())
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    sections = kept()
    for name in given.benchmarks or names():
        module = importlib.import_module(f"bench.{name}")
        sections[name] = section(name, module, module.quick() if given.quick else module.run())
        print(sections[name], flush=True)
        if not given.quick:
            write(sections)


if __name__ == "__main__":
    main()

"""The wheel with machine code in it: the rooms that read, judge and record, compiled by mypyc.

Off unless asked for: `make compiled` asks; so does HATCH_BUILD_HOOK_ENABLE_CUSTOM=true in front of any
build of a wheel. Without it the wheel is pure Python and does the same, only slower. The sources stand in the
wheel beside what was made of them, so that a traceback still shows them.
"""

import os
import shutil
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What a mail passes on its way to a verdict, and the values that are made of it; then what becomes of its
# address: the life that is played for each event, and the rows that are written of it. Left out is what is
# read once, of settings and scenarios; and the policies, which go to other processes: a frozen dataclass
# that is compiled is not unpickled.
_LIFE = "counters decide fold foreseen glance history incidents judgements life order relived seen table"
_ROWS = "labels ledger pages pending returned rows shown spots sweep"
COMPILED = (
    *("address.py", "chain.py", "codes.py", "instants.py", "model.py"),
    *("mime/*.py", "parse/**/*.py", "classify/*.py"),
    *(f"lifecycle/{name}.py" for name in _LIFE.split()),
    *("stores/advance.py", "stores/failures.py", *(f"stores/sqlite/{name}.py" for name in _ROWS.split())),
)

# What is compiled calls its own functions and reads its own variables: nobody replaces or even sees them.
CLOSED = ("-fno-semantic-interposition", "-fvisibility=hidden", "-fno-plt")

# What -Wall looks for in 60 MB of written C takes as long as to compile them, and tells nobody anything.
UNWARNED = "-Wno-all"

# What mypyc would make of these steps takes several times as long: they go through single octets.
IN_C = ("_swift", "_sieve")


class CompiledWheel(BuildHookInterface[Any]):
    """Compiles the rooms and puts them into the wheel."""

    def dependencies(self) -> list[str]:
        """What a build in isolation has to fetch; `make compiled` takes the pinned ones."""
        return ["mypy>=2.1", "setuptools>=65"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is packed. An editable one is left alone: in it, edits must show at once."""
        if version == "editable":
            return
        wanting = missing()
        if wanting:
            raise SystemExit(f"Retour cannot be compiled: {wanting}")
        made = Path(self.root, "build", "mypyc")
        for file in compiled(Path(self.root, "src"), made):
            build_data["force_include"][str(file)] = file.relative_to(made / "lib").as_posix()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def missing() -> str:
    """What this machine lacks to compile, and what helps; "" when it lacks nothing."""
    remedy = "On Debian: sudo apt-get install gcc libc6-dev python3-dev. Retour works without, only slower."
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if not shutil.which(compiler):
        return f"there is no C compiler ({compiler} is not on PATH). {remedy}"
    header = Path(sysconfig.get_path("include"), "Python.h")
    if not header.exists():
        return f"the headers of this Python are not there ({header}). {remedy}"
    return ""


def compiled(source: Path, made: Path) -> list[Path]:
    """The extension modules of the rooms in `source`, under `made`/lib; C files and caches stand beside."""
    # Before mypyc, which else takes the distutils of old.
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    from mypyc.build import mypycify  # isort: skip

    shutil.rmtree(made / "lib", ignore_errors=True)
    files = sorted(str(file) for pattern in COMPILED for file in source.glob(f"retour/{pattern}"))
    extensions = mypycify(
        # `make check` has seen to the types; what is optional need not be there to compile.
        ["--config-file=", "--ignore-missing-imports", f"--cache-dir={made / 'cache'}", *files],
        opt_level="3",
        debug_level="0",
        target_dir=str(made / "c"),
        group_name="retour",
    )
    for extension in extensions:
        extension.extra_compile_args.extend((*CLOSED, UNWARNED))
    extensions += [
        Extension(
            f"retour.{name}", [str(source / f"retour/{name}.c")], extra_compile_args=["-O3", "-g0", *CLOSED]
        )
        for name in IN_C
    ]
    command = build_ext(Distribution({"name": "retour", "ext_modules": extensions}))
    command.build_lib, command.build_temp = str(made / "lib"), str(made / "objects")
    command.ensure_finalized()
    command.run()
    return [Path(output) for output in command.get_outputs()]

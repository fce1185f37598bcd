"""Gives targets to atheris (libFuzzer), each for a stated time; what breaks one is in .fuzz/TARGET/found-*.

    python -m tests.fuzz [TARGET ...] [--seconds 60]        `make fuzz SECONDS=600 TARGETS="parse judge"`

Coverage grows in .fuzz/TARGET/corpus from run to run. An input that takes longer than 5 seconds or more than
512 MiB counts as a fault. Ends with status 1 when a target broke. A find that was mended goes, as small as
it can be made, into tests/fuzz/finds/TARGET/, where the tests ask it again.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz.seeds import finds, seeds

ROOM = Path(".fuzz")
WORDS = Path(__file__).parent / "words.dict"
RUN = """
import sys, atheris
with atheris.instrument_imports(include=["retour"]):
    import retour.address, retour.classify, retour.classify.lint, retour.flow.judge, retour.inlets.mailboxes
    import retour.mime, retour.parse, retour.return_address, retour.smtpd, retour.parse.providers.ses
from tests.fuzz.targets import TARGETS
atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
atheris.Fuzz()
"""


def fuzz(target: str, seconds: int) -> bool:
    """One target for so many seconds; whether it held."""
    corpus = ROOM / target / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    given = [*seeds(target), *(file.read_bytes() for file in finds(target))]
    for number, seed in enumerate(given):
        (corpus / f"seed-{number:04}").write_bytes(seed)
    bounds = [
        f"-max_total_time={seconds}",
        "-timeout=5",
        "-rss_limit_mb=512",
        "-max_len=20000",
        "-print_final_stats=1",
    ]
    places = [f"-artifact_prefix={ROOM / target}/found-", f"-dict={WORDS}", str(corpus)]
    return subprocess.run([sys.executable, "-c", RUN, target, *bounds, *places], check=False).returncode == 0


def main() -> int:
    """From the command line."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    given = parser.parse_args()
    unknown = set(given.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    held = {target: fuzz(target, given.seconds) for target in given.targets or TARGETS}
    for target, well in held.items():
        sys.stdout.write(f"{target}: {'held' if well else f'broke; see {ROOM / target}/found-*'}\n")
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

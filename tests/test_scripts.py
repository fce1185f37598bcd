"""The scripts of the house where they cannot do their work: they say what is missing, and end well."""

import shutil
import subprocess
from pathlib import Path

ENGINES = Path(__file__).parents[1] / "scripts/engines"
UNPACKED = "exim/usr/sbin/exim4", "opensmtpd/usr/sbin/smtpd", "sendmail/usr/libexec/sendmail/sendmail"


def engines(programs: Path) -> subprocess.CompletedProcess[str]:
    """Run it on a machine that has bash, these programs and what is unpacked, and nothing else."""
    for unpacked in UNPACKED:
        program = programs / "engines" / unpacked
        program.parent.mkdir(parents=True)
        program.touch()
    bash = shutil.which("bash")
    assert bash is not None
    (programs / "bash").symlink_to(bash)
    environment = {"PATH": str(programs), "RETOUR_ENGINES": str(programs / "engines")}
    return subprocess.run([ENGINES], env=environment, capture_output=True, text=True)


def program(path: Path, says: str) -> None:
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)


def test_without_apt_the_missing_engines_are_named(tmp_path: Path) -> None:
    run = engines(tmp_path)
    assert run.returncode == 0
    assert "not installed: postfix dovecot-core" in run.stderr
    assert "apt-get, which is not here" in run.stderr


def test_without_root_the_remedy_is_named_and_nothing_is_tried(tmp_path: Path) -> None:
    program(tmp_path / "apt-get", "tried >&2; exit 1")
    program(tmp_path / "id", "1000")
    run = engines(tmp_path)
    assert run.returncode == 0
    assert "sudo scripts/engines" in run.stderr
    assert "tried" not in run.stderr


def test_what_is_installed_is_left_alone(tmp_path: Path) -> None:
    program(tmp_path / "dpkg-query", "-n installed")
    program(tmp_path / "apt-get", "tried")
    run = engines(tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")

"""The README's Python session is what Python prints, and its commands are the Makefile's."""

import doctest
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_session_is_real() -> None:
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert (failed, tried) == (0, 7)


def test_the_commands_are_on_the_first_screen_and_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for target in ("demo", "test"):
        assert f"make {target}" in "\n".join(README.splitlines()[:15])
        assert target in targets


def test_the_example_is_shown_as_it_is() -> None:
    dying, healthy = ((ROOT / "examples" / f"{name}_digits.py").read_text() for name in ("dying", "healthy"))
    removed = next(line for line in README.splitlines() if line.startswith("-X_train"))
    added = next(line for line in README.splitlines() if line.startswith("+X_train"))
    assert dying.replace(removed[1:], added[1:]).replace("Its ReLUs die.", "It learns.") == healthy


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link

"""The catalogue finds its members, and what they say is complete and consistent."""

import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from rectifier import catalogue
from rectifier.catalogue import Activation

each = pytest.mark.parametrize("member", catalogue.members(), ids=lambda m: m.name)


def test_members_are_the_files() -> None:
    folder = Path(catalogue.__file__).parent
    assert set(catalogue.names()) == {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    kernels = Path(__file__).parents[2] / "kernels" / "activations"
    assert set(catalogue.names()) == {path.stem for path in kernels.glob("*.hpp")}


def test_a_misspelt_name_is_helped() -> None:
    with pytest.raises(LookupError, match="unknown activation 'leaky-relu': did you mean 'leaky_relu'"):
        catalogue.get("leaky-relu")


def test_it_knows_neither_numpy_nor_torch() -> None:
    code = (
        "import sys, rectifier.catalogue as c; c.members(); sys.exit('numpy' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@each
def test_names_and_references(member: Activation) -> None:
    assert catalogue.get(member.name) is member
    assert pickle.loads(pickle.dumps(member)) == member
    assert {other.name for other in member.alternatives} <= set(catalogue.names()) - {member.name}
    assert member.alternatives
    assert member.sources
    assert member.advantages
    assert member.disadvantages


@each
def test_texts_are_sentences(member: Activation) -> None:
    sentences = [member.summary, member.cost, member.used, member.history, *member.advantages, *member.disadvantages]
    for text in sentences:
        assert text[0].isupper(), text
        assert text.endswith("."), text
        assert "  " not in text, text
    for other in member.alternatives:
        assert other.when.endswith("."), other.when


@each
def test_parameters(member: Activation) -> None:
    for parameter in member.parameters:
        assert parameter.default in parameter.domain
        assert math.nan not in parameter.domain
        assert math.inf not in parameter.domain
        assert not parameter.meaning.endswith(".")
        assert parameter.name in member.text
        assert parameter.name in member.text_slope or parameter.name == "value"  # what threshold puts in is constant
        assert not member.ordered or list(member.defaults) == sorted(member.defaults)

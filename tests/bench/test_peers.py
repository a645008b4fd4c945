"""Peers are found, agree with Rectifier where they are installed, and are missed politely where they are not."""

import contextlib
import importlib.metadata
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from rectifier import catalogue
from rectifier.bench.case import DTYPES, WHATS, Case, What, defined
from rectifier.bench.peers import Peer, PeerError, Ways, chosen, peers
from rectifier.bench.program import NotWrittenError
from rectifier.bench.usual import USUAL
from rectifier.catalogue import Activation

# Compilers start threads and watch forks, which the tests of other things must not see: they run in a process of their
# own. Starting takes seconds, so one member stands for all.
QUICK = [peer for peer in peers().values() if not peer.slow_start and peer.name not in ("jax_jit", "numba_loop")]
COMPILED = [peer for peer in peers().values() if peer not in QUICK]
each_member = pytest.mark.parametrize("member", catalogue.members(), ids=lambda m: m.name)


def check(peer: Peer, member: Activation, what: What, dtype: str, elements: int = 4096) -> Ways:
    """Every way of this peer gives what Rectifier gives; those that write into `outs` may return new arrays instead."""
    if peer.version is None:
        pytest.skip(f"{peer.name} is not installed")
    case = Case.of(member, what, dtype, elements)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of compilers about themselves
        ways = peer.ways(case)
        for way in (*ways.new, *ways.out):
            for out in case.outs:
                out.fill(7)
            assert case.disagreement(way()) is None
    return ways


@pytest.mark.parametrize("peer", QUICK, ids=lambda p: p.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@each_member
def test_what_is_timed_is_the_same(member: Activation, dtype: str, peer: Peer) -> None:
    for what in WHATS:
        if defined(member, what):
            with contextlib.suppress(NotWrittenError):  # it has no usual way for this, and the report says why
                check(peer, member, what, dtype)


@pytest.mark.parametrize("peer", COMPILED, ids=lambda p: p.name)
def test_compilers_give_the_same(peer: Peer) -> None:
    if peer.version is None:
        pytest.skip(f"{peer.name} is not installed")
    code = f"""
from rectifier import catalogue
from rectifier.bench.case import WHATS
from rectifier.bench.peers import peers
from tests.bench.test_peers import check
for what in WHATS:
    check(peers()["{peer.name}"], catalogue.get("elu"), what, "float32")
"""
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy_has_an_answer_for_every_member(dtype: str) -> None:
    for member in catalogue.members():
        check(peers()["numpy_usual"], member, "value", dtype)


def test_every_text_is_of_a_member() -> None:
    # Members come one by one; a misspelt text would never be used.
    from rectifier.bench.peers import jax_jit, scipy_special

    for name in [*scipy_special.TEXTS, *jax_jit.TEXTS]:
        assert name.partition(".")[0] in USUAL


def test_nonsense_is_found() -> None:
    case = Case.of(catalogue.get("relu"), "value", "float32", 64)
    assert case.disagreement(case.x.clip(0)) is None
    assert "where Rectifier gives" in str(case.disagreement(case.x))
    assert "not float32" in str(case.disagreement(case.x.clip(0).astype(float)))
    assert "2 results" in str(case.disagreement((case.x, case.x)))


def test_odd_sizes_are_made_to_fit() -> None:
    for member in catalogue.members():
        for elements in (2, 3, 17, 1500):
            case = Case.of(member, "value", "float32", elements)
            assert 0 < case.x.size <= elements
            assert case.disagreement(case.ours("new")()) is None
            assert case.disagreement(case.ours("out")()) is None


def test_a_missing_peer_is_missed_politely(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(distribution: str, real: object = importlib.metadata.version) -> str:
        if distribution in ("jaxlib", "numba"):
            raise importlib.metadata.PackageNotFoundError(distribution)
        assert callable(real)
        return str(real(distribution))

    monkeypatch.setattr(importlib.metadata, "version", without)
    assert {"jax_jit", "numba_loop"}.isdisjoint(peer.name for peer in chosen(["all"]))
    with pytest.raises(PeerError, match=r"not installed\. Install it with: pip install jax jaxlib"):
        chosen(["jax_jit"])


def test_a_misspelt_peer_is_helped() -> None:
    with pytest.raises(PeerError, match="did you mean 'torch_eager'"):
        chosen(["torch_eagre"])


def test_slow_peers_wait_to_be_asked() -> None:
    assert not any(peer.slow_start for peer in chosen(None))
    assert chosen(["none"]) == ()

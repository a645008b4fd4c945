"""The statistics, against SciPy's own tests and against coin tosses."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from rectifier.treat.paired import ALPHA, gain, holm
from rectifier.treat.trial import Illness, Result, Status


def results(losses: list[float], start: float = 2.3, status: Status = "finished", **more: float) -> list[Result]:
    """One finished trial per seed that ended with these losses."""
    return [
        Result(remedy="x", seed=k, status=status, loss=loss, start_loss=start, **more)  # type: ignore[arg-type]
        for k, loss in enumerate(losses)
    ]


def test_the_interval_is_that_of_the_paired_t_test() -> None:
    before, after = [2.0, 1.9, 2.2, 2.1], [1.0, 1.2, 0.9, 1.4]
    found = gain(results(before), results(after))
    assert found is not None
    expected = stats.ttest_rel(before, after)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()))
    assert found.mean == pytest.approx(np.mean(before) - np.mean(after))
    assert found.spread == pytest.approx(np.std(before, ddof=1))


def test_pairs_are_of_one_seed() -> None:
    after = results([1.0, 1.1, 1.2])[::-1]
    found = gain(results([2.0, 2.1, 2.2]), after)
    assert found is not None
    assert found.differences == pytest.approx((1.0, 1.0, 1.0))


@pytest.mark.parametrize("end", [math.inf, 1e30, 3.0])
def test_a_run_that_diverged_has_learned_nothing_and_no_more_is_lost(end: float) -> None:
    found = gain(results([end, 2.3, end]), results([0.1, 0.2, 0.1]))
    assert found is not None
    assert found.differences == pytest.approx((2.2, 2.1, 2.2))
    assert found.interval()[0] > 1


def test_where_seeds_explode_by_different_powers_the_lowest_is_what_nothing_learned_is_worth() -> None:
    levels = [1e32, 1e9, 8.0]
    before = [replace(r, loss=each, start_loss=each) for r, each in zip(results([0] * 3), levels, strict=True)]
    found = gain(before, results([0.1, 0.2, 0.1]))
    assert found is not None
    assert found.differences == pytest.approx((7.9, 7.8, 7.9))
    assert found.spread == 0


def test_a_crash_is_no_gain() -> None:
    found = gain(results([2.0, 2.0, 2.0]), results([0.1, 0.1, 0.1], status="crashed"))
    assert found is not None
    assert found.mean < 0


def test_negative_losses_are_losses() -> None:
    found = gain(results([-1.0, -1.1, -0.9], start=4.0), results([-3.0, -3.2, -2.9], start=4.0))
    assert found is not None
    assert found.mean == pytest.approx(2.03, abs=0.01)
    assert found.interval()[0] > 0


def test_evaluation_losses_are_compared_where_both_have_them() -> None:
    before, after = results([0.1] * 3, eval_loss=1.8, first_eval_loss=0.7), results([0.2] * 3, eval_loss=0.5)
    found = gain(before, after)
    assert found is not None
    assert found.by == "eval_loss"
    assert found.mean == pytest.approx(1.3)
    found = gain(before, results([0.2] * 3))
    assert found is not None
    assert found.by == "loss"


def test_evaluation_losses_in_other_units_than_the_training_loss() -> None:
    before = results([0.5] * 3, start=1.0, eval_loss=8e3, first_eval_loss=1e4)
    after = results([0.1] * 3, start=1.0, eval_loss=50.0)
    found = gain(before, after)
    assert found is not None
    assert found.by == "eval_loss"
    assert found.mean == pytest.approx(7950)


def overfits(evals: list[float]) -> list[Result]:
    """Trials that learned their training set and were found to overfit."""
    ill = Illness(rule="overfitting", severity="warning", remedies=(), caused_by=None)
    found = results([0.01] * len(evals), start=1.1, first_eval_loss=1.05)
    return [replace(r, eval_loss=each, findings=(ill,)) for r, each in zip(found, evals, strict=True)]


def test_what_overfitting_costs_is_counted_whole() -> None:
    """Its evaluation losses end above where they began, and that is no divergence."""
    before = overfits([4.0, 5.0, 4.5])
    found = gain(before, results([0.6, 0.6, 0.6], start=1.1, eval_loss=0.8))
    assert found is not None
    assert found.differences == pytest.approx((3.2, 4.2, 3.7))
    assert not found.bounded
    worse = gain(before, [replace(r, eval_loss=6.0) for r in before])
    assert worse is not None
    assert worse.differences == pytest.approx((-2.0, -1.0, -1.5))
    found = gain([replace(r, findings=()) for r in before], results([0.6] * 3, start=1.1, eval_loss=0.8))
    assert found is not None
    assert found.bounded, "where nothing overfits, a loss above its level says that a run diverged"
    assert found.mean == pytest.approx(1.1 - 0.8)


@pytest.mark.parametrize(
    "failed",
    [{"status": "crashed", "eval_loss": None}, {"loss": 1e9, "eval_loss": 1e9}, {"eval_loss": math.inf}],
    ids=["crashed", "diverged", "not finite"],
)
def test_nothing_is_gained_over_overfitting_by_failing(failed: dict[str, Any]) -> None:
    found = gain(overfits([4.0, 5.0]), [replace(r, **failed) for r in results([0.6, 0.6], start=1.1)])
    assert found is not None
    assert found.differences == (0.0, 0.0)
    assert found.bounded


def test_nothing_to_compare() -> None:
    nothing = [Result(remedy="x", seed=0, status="finished")]
    assert gain(nothing, nothing) is None
    assert gain(results([1.0]), []) is None


def test_no_difference_at_all_is_no_evidence() -> None:
    found = gain(results([2.3] * 3), results([2.3] * 3))
    assert found is not None
    assert (found.p, found.interval()) == (1.0, (0.0, 0.0))


def test_one_seed_proves_nothing() -> None:
    found = gain(results([2.3]), results([0.1]))
    assert found is not None
    assert found.interval() == (-math.inf, math.inf)


def test_holm_is_holms() -> None:
    """Rejects what Holm's procedure rejects; written here as its adjusted p-values."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        ps = rng.uniform(size=5) ** 4
        order = np.argsort(ps)
        adjusted = np.empty(5)
        adjusted[order] = np.maximum.accumulate(np.minimum(1, ps[order] * (5 - np.arange(5))))
        levels = holm(list(ps), 5)
        assert [p <= level for p, level in zip(ps, levels, strict=True)] == list(adjusted <= ALPHA)


def test_remedies_that_do_nothing_are_seldom_called_better() -> None:
    """Over 2000 made-up treatments of five remedies without effect, at most 5% have any interval above zero."""
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(2000):
        start = rng.normal(1.0, 0.2, 3)
        untreated = results(list(start + rng.normal(0, 0.1, 3)), start=5.0)
        gains = [gain(untreated, results(list(start + rng.normal(0, 0.1, 3)), start=5.0)) for _ in range(5)]
        levels = holm([g.p for g in gains if g is not None], 5)
        wrong += any(g is not None and g.interval(a)[0] > 0 for g, a in zip(gains, levels, strict=True))
    assert wrong / 2000 <= 0.05

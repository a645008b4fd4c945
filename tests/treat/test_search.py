"""The search, from untreated runs to the verdicts, on made-up trials: the executor knows what each treatment does."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rectifier.treat import remedies
from rectifier.treat.answer import Answer
from rectifier.treat.search import Plan, treat
from rectifier.treat.series import Series, folder_of
from rectifier.treat.trial import Illness, Program, Result, Site, Trial

DYING = Illness(rule="dying-relu", severity="error", remedies=("leaky-relu", "lower-learning-rate"), caused_by=None)
NEW = Illness(rule="non-finite", severity="error", remedies=(), caused_by=None)

Does = Callable[[str, int], dict[str, Any]]


class Made:
    """Gives what `does(remedy, seed)` says; anything it does not say is as untreated: ill, loss 2.3."""

    def __init__(self, does: Does) -> None:
        self.does, self.ran = does, 0

    def run(self, program: Program, trials: Sequence[tuple[Trial, Path]]) -> Iterator[tuple[Trial, Result]]:
        for trial, folder in trials:
            self.ran += 1
            name = str(trial.treatment)
            values: dict[str, Any] = {
                "remedy": name, "seed": trial.seed, "status": "finished", "steps": 400, "verdict": "sick",
                "findings": (DYING,), "loss": 2.3 + 0.01 * trial.seed, "first_loss": 2.31, "start_loss": 2.31,
                "seconds": 1.0, "sites": (Site(layer="a", activation="relu", units=8, dead=8, rectifies=True),),
                "acted": {use.remedy: 3 for use in trial.treatment.uses},
            }  # fmt: skip
            result = Result(**(values | self.does(name, trial.seed)))
            folder.mkdir(parents=True, exist_ok=True)
            result.save(folder / "result.json")
            yield trial, result


SCRIPT = "import torch\nnet = torch.nn.Sequential(torch.nn.ReLU())\no = torch.optim.SGD(net.parameters(), lr=1.0)\n"


def searched(tmp_path: Path, does: Does, script: str = SCRIPT, **plan: Any) -> Answer:
    (tmp_path / "train.py").write_text(script)
    program = Program(command=("train.py",), directory=str(tmp_path))
    return treat(Series(program, Made(does), tmp_path / "trials"), Plan(**plan))


def factor_of(name: str) -> float:
    """What the learning rate is multiplied by in a treatment of this name."""
    return float(name.rpartition(" ")[2]) if name.endswith(tuple("0123456789")) and "-rate x" in name else 1.0


def well(loss: float = 0.1) -> dict[str, Any]:
    return {"findings": (), "verdict": "healthy", "loss": loss}


def test_a_cure_is_found_and_its_change_shown(tmp_path: Path) -> None:
    answer = searched(
        tmp_path, lambda name, seed: well(0.1 + 0.01 * seed) if name == "lower-learning-rate x 0.1" else {}
    )
    assert answer.outcome == "cured"
    assert answer.recommended is not None
    assert answer.recommended.remedy == "lower-learning-rate x 0.1"
    assert "+o = torch.optim.SGD(net.parameters(), lr=0.1)" in (answer.recommended.diff or "")
    cured = answer.arms[0]
    assert cured.cured
    assert cured.interval is not None
    assert cured.interval[0] > 2
    control = answer.arms[-1]
    assert (control.control, control.cured) == (True, False)
    assert len(control.results) == 1, "it does not help with the seed that is ill, so that the others decide nothing"
    assert len(answer.trials) == 3 + 3 + 1 + 1, "untreated, the cure, the control, and the other one of the first wave"
    assert {arm.illness_after for arm in answer.arms[1:]} == {("dying-relu",)}


def test_the_shape_of_its_json(tmp_path: Path) -> None:
    values = searched(tmp_path, lambda name, seed: well() if name == "lower-learning-rate x 0.1" else {}).to_dict()
    assert {"schema", "script", "untreated", "trials", "arms", "recommended"} <= set(values)
    assert values["schema"] == 1
    assert values["script"] == "train.py"
    for trial in values["trials"]:
        assert {"remedy", "seed", "steps", "status", "findings", "loss", "eval_loss", "seconds"} <= set(trial)
    for arm in values["arms"]:
        assert {"remedy", "control", "cured", "gain", "interval", "illness_after"} <= set(arm)
    assert {"remedy", "summary", "diff"} <= set(values["recommended"])


def test_a_healthy_script_is_left_alone(tmp_path: Path) -> None:
    answer = searched(tmp_path, lambda name, seed: well())
    assert (answer.outcome, answer.arms, answer.recommended) == ("nothing-to-cure", (), None)
    assert len(answer.trials) == 3


def test_nothing_helped(tmp_path: Path) -> None:
    answer = searched(tmp_path, lambda name, seed: {})
    assert (answer.outcome, answer.recommended) == ("nothing-helped", None)
    assert "nothing helped" in answer.why
    tried = {arm.remedy for arm in answer.arms}
    assert any(" + " in name for name in tried), "pairs are tried when nothing helps alone"
    assert "adaptive-optimizer: Adam 0.001" in tried, "another optimizer is tried last"


@pytest.mark.parametrize(
    ("treated", "said"),
    [
        ({"findings": (), "loss": 2.3}, "not better beyond the noise"),
        ({"findings": (NEW,), "loss": 0.1}, "now diagnosed as non-finite"),
        ({"loss": 0.1}, "still dying-relu"),
        ({"status": "crashed", "why": "ValueError: boom", "findings": ()}, "boom"),
        ({"findings": (), "loss": 0.1, "acted": {}}, "nothing in the script to act on"),
    ],
    ids=["no gain", "a new illness", "still ill", "crashes", "does nothing"],
)
def test_what_is_no_cure(treated: dict[str, Any], said: str, tmp_path: Path) -> None:
    answer = searched(tmp_path, lambda name, seed: treated if name != "untreated" else {})
    assert answer.outcome == "nothing-helped"
    assert not any(arm.cured for arm in answer.arms)
    if said != "not better beyond the noise":  # an arm without any gain is not confirmed with all seeds
        assert any(said in arm.verdict for arm in answer.arms)


def test_a_cure_with_one_seed_only_is_none(tmp_path: Path) -> None:
    """It looks well with the first seed, and is confirmed with all of them before anything is claimed."""
    answer = searched(tmp_path, lambda name, seed: well() if name != "untreated" and seed == 0 else {})
    assert answer.outcome == "nothing-helped"


def test_a_gain_within_the_noise_is_none(tmp_path: Path) -> None:
    losses = {0: 0.1, 1: 2.3, 2: 2.28}
    answer = searched(tmp_path, lambda name, seed: well(losses[seed]) if name != "untreated" else {})
    assert answer.outcome == "nothing-helped"
    assert any("not better beyond the noise" in arm.verdict for arm in answer.arms)


def test_a_gain_within_the_noise_is_given_more_seeds(tmp_path: Path) -> None:
    """It scatters as much as it gains with three seeds; six seeds tell, each look counted as one more remedy."""
    gains = [0.5, 1.2, 0.6, 0.9, 0.7, 1.0, 0.8, 0.9, 0.7]
    untreated = [2.3, 2.31, 2.3, 2.3, 2.31, 2.3, 2.3, 2.3, 2.3]

    def does(name: str, seed: int) -> dict[str, Any]:
        return well(untreated[seed] - gains[seed]) if name == "lower-learning-rate x 0.1" else {"loss": untreated[seed]}

    answer = searched(tmp_path, does)
    assert answer.outcome == "cured"
    assert len(answer.arms[0].results) == 6
    assert len(answer.untreated) == 6
    assert answer.arms[0].interval is not None
    assert answer.arms[0].interval[0] > 0


def test_more_seeds_that_promise_nothing_are_not_run(tmp_path: Path) -> None:
    losses = {0: 0.1, 1: 2.2, 2: 2.2}
    answer = searched(tmp_path, lambda name, seed: well(losses[seed]) if name != "untreated" else {})
    assert answer.outcome == "nothing-helped"
    assert len(answer.untreated) == 3


LOW = Illness(
    rule="learning-rate-too-low", severity="error", remedies=("raise-learning-rate",), caused_by=None,
    values={"raise-learning-rate": {"factor": 100.0}},
)  # fmt: skip
HIGH = Illness(rule="learning-rate-too-high", severity="error", remedies=(), caused_by=None)


@pytest.mark.parametrize(("right", "way"), [(1e3, ["100", "1000"]), (30.0, ["100", "10", "30"])])
def test_the_learning_rate_is_looked_for(right: float, way: list[str], tmp_path: Path) -> None:
    """The finding's own number first; then onwards, or back to between what is too low and what is too high."""
    tried: list[str] = []

    def does(name: str, seed: int) -> dict[str, Any]:
        factor = factor_of(name)
        if factor != 1 and f"{factor:g}" not in tried:
            tried.append(f"{factor:g}")
        if factor == right:
            return well()
        return {"findings": (LOW if factor < right else HIGH,)}

    answer = searched(tmp_path, does)
    assert answer.recommended is not None
    assert answer.recommended.remedy == f"raise-learning-rate x {right:g}"
    assert tried[0] == way[0]
    assert way[-1] in tried


def test_a_rate_that_was_too_low_is_raised_as_long_as_the_loss_gets_better(tmp_path: Path) -> None:
    losses = {100.0: 0.9, 1e3: 0.1, 1e4: 0.5}

    def does(name: str, seed: int) -> dict[str, Any]:
        factor = factor_of(name)
        return well(losses[factor]) if factor in losses else {"findings": (LOW,)}

    answer = searched(tmp_path, does)
    assert answer.recommended is not None
    assert answer.recommended.remedy == "raise-learning-rate x 1000"


def test_a_rate_that_is_right_for_one_seed_only_is_not_the_last(tmp_path: Path) -> None:
    def does(name: str, seed: int) -> dict[str, Any]:
        right = name == "lower-learning-rate x 0.01" or (name == "lower-learning-rate x 0.1" and seed == 0)
        return well() if right else {"findings": (HIGH,)}

    answer = searched(tmp_path, does)
    assert answer.recommended is not None
    assert answer.recommended.remedy == "lower-learning-rate x 0.01"


@pytest.mark.parametrize("bounded", [True, False], ids=["sigmoid", "relu"])
def test_each_treatment_is_tried_once(bounded: bool, tmp_path: Path) -> None:
    """By what it does, however findings call it: names, values that are the defaults, the order of a pair."""
    init = {
        "findings": (
            Illness(rule="poor-initialization", severity="error", caused_by=None,
                    remedies=("glorot-initialization", "relu", "standardize-input")),
            Illness(rule="saturated-activation", severity="error", caused_by=None,
                    remedies=("he-initialization", "leaky-relu")),
        ),
        "sites": (
            Site(layer="a", activation="sigmoid" if bounded else "relu", units=8, dead=0, rectifies=not bounded),
        ),
    }  # fmt: skip
    answer = searched(tmp_path, lambda name, seed: init, thorough=True)
    names = [frozenset(arm.remedy.split(" + ")) for arm in answer.arms if not arm.control]
    assert len(set(names)) == len(names) > 7
    alike = [{"initialization" if "he-" in n or "glorot-" in n else n for n in each} for each in names]
    assert all(alike.count(each) == 1 for each in alike), alike
    assert ("activation: sigmoid -> relu" in {n for each in names for n in each}) == bounded


def test_a_finding_and_its_cure_have_one_name() -> None:
    """What findings name and `treat` carries out begins with that name there, activations with what is exchanged."""
    for remedy in remedies.menu().values():
        for name, variants in remedy.names.items():
            labels = [remedy.use(**parameters).name for parameters in variants]
            if remedy.name == "activation":
                assert all(label.startswith("activation: ") and " -> " in label for label in labels)
            elif remedy.name == "initialise":
                assert labels == ["he-initialization"], "or as the finding has it"
            else:
                assert all(label == name or label.startswith((f"{name} ", f"{name}: ")) for label in labels)


def test_no_loss_to_compare_is_said(tmp_path: Path) -> None:
    nothing = {"loss": None, "start_loss": None, "first_loss": None}
    answer = searched(tmp_path, lambda name, seed: nothing | ({"findings": ()} if name != "untreated" else {}))
    assert answer.outcome == "nothing-helped"
    assert any("no loss to compare" in arm.verdict for arm in answer.arms)
    assert "no loss to compare" in answer.why


def test_losses_that_are_not_finite(tmp_path: Path) -> None:
    answer = searched(
        tmp_path, lambda name, seed: {"loss": math.inf} if name == "untreated" else well(0.2 + 0.01 * seed)
    )
    assert answer.outcome == "cured"
    assert answer.to_dict()["untreated"]["loss"] is None


def test_a_control_that_cures_too_is_said(tmp_path: Path) -> None:
    answer = searched(tmp_path, lambda name, seed: well() if name != "untreated" else {})
    assert answer.outcome == "cured"
    assert "drawn at random" in answer.why


def test_a_script_that_is_not_deterministic_is_said(tmp_path: Path) -> None:
    answer = searched(
        tmp_path,
        lambda name, seed: well() | {"first_loss": 2.4} if "learning-rate" in name else {},
    )
    assert any("not deterministic" in note for note in answer.notes)


def test_a_script_that_crashes_by_itself_is_not_judged(tmp_path: Path) -> None:
    answer = searched(tmp_path, lambda name, seed: {"status": "crashed", "why": "boom"})
    assert answer.outcome == "not-judged"
    assert "boom" in answer.why


def test_finished_trials_are_not_run_again(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\n")
    program = Program(command=("train.py",), directory=str(tmp_path))
    does: Does = lambda name, seed: well() if name == "lower-learning-rate x 0.1" else {}  # noqa: E731
    first = Made(does)
    answer = treat(Series(program, first, tmp_path / "trials"), Plan())
    lost = next((tmp_path / "trials").glob("learning-rate-seed2-*")) / "result.json"
    lost.unlink()
    second = Made(does)
    again = treat(Series(program, second, tmp_path / "trials"), Plan())
    assert (first.ran, second.ran) == (len(answer.trials), 1)
    assert again.to_dict() == answer.to_dict()


def test_another_script_is_another_folder(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import torch\n")
    program = Program(command=("train.py", "--lr", "1"), directory=str(tmp_path))
    names = [folder_of(program, tmp_path)]
    (tmp_path / "model.py").write_text("x = 1\n")
    names.append(folder_of(program, tmp_path))
    names.append(folder_of(Program(command=("train.py", "--lr", "2"), directory=str(tmp_path)), tmp_path))
    assert len(set(names)) == 3
    assert all(name.name.startswith("train-") for name in names)

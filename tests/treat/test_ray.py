"""Trials on a cluster of several nodes on this machine, one of which is killed in the middle."""

import threading
import time
from pathlib import Path

import pytest

from rectifier.treat.executors.local import Local
from rectifier.treat.trial import Program, Treatment, Trial
from tests.treat.scripts import TRAINS, use

ray = pytest.importorskip("ray", reason="Ray is an extra: pip install rectifier[ray]")
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own


def test_no_trial_is_lost_and_none_counts_twice_when_a_node_is_killed(tmp_path: Path) -> None:
    from ray.cluster_utils import Cluster

    from rectifier.treat.executors.ray import OnRay

    work = tmp_path / "work"
    work.mkdir()
    (work / "train.py").write_text(TRAINS + "import time\ntime.sleep(2)\nopen('out.txt', 'w')\nopen('in.txt').read()\n")
    (work / "in.txt").write_text("data")
    program = Program(command=("train.py",), directory=str(work), threads=1)
    treatments = [Treatment(), Treatment(uses=(use("learning-rate", factor=0.1),))]
    trials = [
        (Trial(treatment=t, seed=seed), tmp_path / f"{i}-{seed}") for i, t in enumerate(treatments) for seed in range(3)
    ]
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        second = cluster.add_node(num_cpus=2)
        ray.init(address=cluster.address, log_to_driver=False)
        killer = threading.Timer(9, lambda: cluster.remove_node(second, allow_graceful=False))
        killer.start()
        began = time.monotonic()
        found = [(trial.name, result) for trial, result in OnRay(address=cluster.address).run(program, trials)]
        killer.join()
        assert time.monotonic() - began > 9, "the node was killed after all was done"
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert sorted(name for name, _ in found) == sorted(trial.name for trial, _ in trials)
    assert {result.status for _, result in found} == {"finished"}, [r.why for _, r in found]
    assert all((folder / "result.json").exists() and (folder / "rank-0.db").exists() for _, folder in trials)
    assert not (work / "out.txt").exists()
    # What comes back is what this machine gives.
    (trial, _), *_ = trials
    (_, here), *_ = Local().run(program, [(trial, tmp_path / "here")])
    there = dict(found)[trial.name]
    assert (there.loss, there.steps, there.findings) == (here.loss, here.steps, here.findings)

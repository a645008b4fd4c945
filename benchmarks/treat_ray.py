"""What trials on a Ray cluster cost beside themselves: scheduling per trial, bytes shipped, memory of the head.

    python -m benchmarks.treat_ray [--trials 1000] [--nodes 4] [--script examples/dying_digits.py]

One trial of the script is run for real, as a task, for the bytes that it ships. Then `--trials` tasks of the same
arguments and the same size of result, which do nothing, are timed on a cluster of `--nodes` nodes on this machine.
"""

import argparse
import json
import pickle
import resource
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

from rectifier.treat import remedies
from rectifier.treat.executors.ray import _pack, _task
from rectifier.treat.trial import Program, Treatment, Trial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--script", type=Path, default=Path("examples/dying_digits.py"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / options.script.name).write_bytes(options.script.read_bytes())
        program = Program(command=(options.script.name,), directory=folder, threads=1)
        trial = Trial(treatment=Treatment(uses=(remedies.get("learning-rate").use(factor=0.1),)), steps=1000)
        archive = _pack(Path(folder), skip=True)
        arguments = (asdict(program), asdict(trial))
        returned = _task(archive, *arguments)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(options.nodes - 1):
        cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        before = _memory()
        seconds = _timed(options.trials, archive, arguments, len(returned))
        after = _memory()
    finally:
        ray.shutdown()
        cluster.shutdown()
    print(
        json.dumps(
            {
                "trials": options.trials,
                "nodes": options.nodes,
                "archive_bytes_per_node": len(archive),
                "bytes_to_node_per_trial": len(pickle.dumps(arguments)),
                "bytes_back_per_trial": len(returned),
                "scheduling_ms_per_trial": round(1e3 * seconds / options.trials, 3),
                "head_mb_before": before,
                "head_mb_after": after,
                "driver_mb_peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
            },
            indent=1,
        )
    )


def _timed(trials: int, archive: bytes, arguments: tuple[object, object], size: int) -> float:
    @ray.remote(num_cpus=1)  # type: ignore[untyped-decorator]  # Ray's
    def nothing(archive: bytes, program: object, trial: object) -> bytes:
        return bytes(size)

    stored = ray.put(archive)
    ray.get([nothing.remote(stored, *arguments) for _ in range(8)])  # workers have started
    began = time.perf_counter()
    waiting = [nothing.remote(stored, *arguments) for _ in range(trials)]
    while waiting:
        done, waiting = ray.wait(waiting, num_returns=1)
        ray.get(done)
    return time.perf_counter() - began


def _memory() -> float:
    """MB of the head's control service, as Linux tells it."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text().strip() == "gcs_server":
                pages = int((folder / "statm").read_text().split()[1])
                return round(pages * resource.getpagesize() / 1e6, 1)
        except OSError:
            continue
    return float("nan")


if __name__ == "__main__":
    main()

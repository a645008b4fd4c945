"""One thread for all tests and the processes they start: small networks gain nothing from more, and on a machine that
is shared, threads that wait for each other make a test of a second take a minute.

Their garbage is looked for less often (`children/`).

RECTIFIER_TEST_NATIVE names another build of the native module to be tested (`make sanitize`).
"""

import importlib.util
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

collect_ignore = ["children"]  # imported by processes that are started, not tested

_CHILDREN = str(Path(__file__).with_name("children"))
if _CHILDREN not in (_python_path := os.environ.get("PYTHONPATH", "").split(os.pathsep)):
    os.environ["PYTHONPATH"] = os.pathsep.join([_CHILDREN, *filter(None, _python_path)])
# The one that a worker has imported would be taken for the one of `rectifier.watcher.inject`.
sys.modules.pop("sitecustomize", None)


def _take_the_build_to_be_tested(path: str) -> None:
    spec = importlib.util.spec_from_file_location("rectifier._native", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rectifier._native"] = module
    spec.loader.exec_module(module)


if "RECTIFIER_TEST_NATIVE" in os.environ:
    _take_the_build_to_be_tested(os.environ["RECTIFIER_TEST_NATIVE"])

"""The first thing a watched Python imports: puts its own traces away, then waits for the script to import torch.

This folder is put on the module path by `launch.py` and taken off it again here, together with the settings in
the environment, so that neither the script nor the processes that it starts see any of it. A `sitecustomize`
of the user's own is imported as it would have been.
"""

import os


def _begin() -> None:
    import json
    import sys

    settings = json.loads(os.environ.pop("RECTIFIER_RUN"))
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  before anything else is imported
    sys.path[:] = [entry for entry in sys.path if entry != here]
    if settings["pythonpath"] is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = settings["pythonpath"]
    ours = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401  the user's, if any
    except ModuleNotFoundError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = ours  # Python insists on finding what it has just imported

    try:
        from rectifier.watcher.autostart import when_torch_is_imported
    except ImportError:
        return  # a process that the script started with another Python, which has no Rectifier: not watched

    when_torch_is_imported(settings)


if "RECTIFIER_RUN" in os.environ:
    _begin()

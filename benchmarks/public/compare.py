"""What three runs of a script have in common: two plain ones, which say what is always the same, and a watched one."""

import io
import re
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.public.execute import Ended

SAME, DIFFERENT, NOISY = "same", "**different**", "plain runs differ as well"

#: A time, by its unit behind it or its name before it, and a rate per second.
_TIMES = re.compile(
    r"(?:(?:\btime|\bdt|elapsed|runtime|SPS|ms/batch|iter_dt|it/s|seconds|per_second)['\"]?[:=]?\s*['\"]?)(?P<after>[\d.:]+)"
    r"|(?P<before>\d[\d.:]*)\s?(?:ms|s|sec|seconds|it/s|ms/batch)\b",
    re.IGNORECASE,
)
#: Dates, times of day, seconds since 1970, addresses of objects, and what TensorBoard names its files after.
_MOMENTS = re.compile(
    r"(?<=tfevents\.)\S+|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?|\d{8}[T_]\d{6}|\b\d\d:\d\d(?::\d\d)?\b"
    r"|0x[0-9a-f]{6,}|(?<!\d)1[6-9]\d{8}(?!\d)"
)


def masked(text: str) -> str:
    """A text without the digits that tell the time, of the last state of each line (progress bars go back in theirs).

    >>> masked("| epoch 1 | ms/batch 12.3 | loss 4.5 | time:  7.89s")
    '| epoch 1 | ms/batch # | loss 4.5 | time: #s'

    A progress bar says how many a second or, of slow ones, how many seconds for each:

    >>> masked("2/3 [00:08<00:04, 4.02s/it]") == masked("2/3 [00:01<00:00, 1.24it/s]")
    True
    """

    def mask(found: re.Match[str]) -> str:
        which = "after" if found["after"] else "before"
        a, b = found.start(which) - found.start(), found.end(which) - found.start()
        return found[0][:a] + "#" + found[0][b:]

    lines = (line.rpartition("\r")[2] for line in text.rstrip("\r").split("\n"))
    return "\n".join(
        re.sub(" +", " ", _TIMES.sub(mask, _MOMENTS.sub("#", line)).replace("#s/it", "#it/s")) for line in lines
    )


def judged(plain: Any, again: Any, watched: Any) -> str:
    """Whether watching has changed it: only what two plain runs have in common can tell."""
    return SAME if watched == plain else NOISY if plain != again else DIFFERENT


def text(read: Callable[[Ended], str], plain: Ended, again: Ended, watched: Ended) -> str:
    """Compares what was printed: to the last character if plain runs agree on that, else without the times."""
    exact = judged(*(read(run) for run in (plain, again, watched)))
    if exact is not NOISY:
        return exact
    without = judged(*(masked(read(run)) for run in (plain, again, watched)))
    return f"{SAME} but for times" if without is SAME else without


def files(plain: Ended, again: Ended, watched: Ended) -> str:
    """Compares the files that were written: their names, and what is in each."""
    runs = [{masked(name): data for name, data in run.files.items()} for run in (plain, again, watched)]
    names = judged(*(sorted(run) for run in runs))
    if names is not SAME:
        return f"names: {names}"
    if not plain.files:
        return "none written"
    verdicts = {name: judged(*(_content(run[name]) for run in runs)) for name in runs[0] if name in runs[1]}
    changed = [name for name, verdict in verdicts.items() if verdict is DIFFERENT]
    if changed:
        return f"{DIFFERENT}: {', '.join(changed)}"
    noisy = sum(verdict is NOISY for verdict in verdicts.values())
    same = f"{len(verdicts) - noisy} {SAME}" if noisy < len(verdicts) else ""
    return ", ".join(filter(None, (same, f"{noisy} where {NOISY}" if noisy else "")))


def _content(data: bytes | None) -> Any:
    """What a file holds: of a checkpoint its tensors and numbers, else its bytes."""
    if data is None or not data.startswith(b"PK"):
        return data
    try:
        return _plain(torch.load(io.BytesIO(data), weights_only=False, map_location="cpu"))
    except Exception:  # noqa: BLE001  of classes that only the script has; its bytes are compared
        return data


def _plain(value: Any) -> Any:
    if isinstance(value, torch.nn.Module):
        return _plain(value.state_dict())
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.detach().contiguous().reshape(-1).view(torch.uint8).tolist()
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(type(value))

"""The peers' table, as Markdown."""

import importlib
from datetime import date
from pathlib import Path
from typing import Any

import torch

from clinic.cases import Case
from clinic.doctor import read
from clinic.peers.turns import Ratios, cost

#: Where `python -m clinic` leaves Rectifier's reports.
REPORTS = Path("build/clinic")


def table(cases: list[Case], heard: dict[str, dict[str, Any]], turns: Ratios) -> str:
    """Only scripts that every peer was tried on are counted; what steps cost is known of some of them."""
    everything, rounds = len(cases), max((len(each) for each in turns["nobody"].values()), default=0)
    cases = [case for case in cases if all(case.name in results for results in heard.values())]
    sick, healthy = [c for c in cases if c.illness], [c for c in cases if not c.illness]
    names = ["rectifier", *(n for n in heard if n not in ("rectifier", "nobody", "undriven"))]
    said = {name: {case.name: _graves(name, case, heard[name][case.name]) for case in cases} for name in names}
    lines = [
        "# The clinic's scripts, and what Rectifier's peers say of them",
        "",
        f"`make clinic-peers`, {date.today()}, torch {torch.__version__}, one thread: {len(sick)} sick and "
        f"{len(healthy)} healthy scripts, of the {everything} of [the clinic](clinic.md). No script was edited: each "
        "peer is attached as its README says, by a driver that hands it the model, the optimizer and the loss at the "
        "places where its user would. Rectifier is given nothing.",
        "",
        "A peer's finding counts as every illness that its words can be read to name: its favour in every doubt. "
        "Found: the illness is among the findings. First: the first finding names the illness or a cause of it. False "
        "alarms: healthy scripts with a warning or more. Broken: scripts that the peer made fail, or that it could not "
        "finish.",
        "",
        f"Script: processor time from the first step to the last, over that of the script alone (with the driver's own "
        "calls; Rectifier's without, as it needs none). Step: the same of the second half of the steps, which holds no "
        f"start. Both on the {len(turns['nobody'])} scripts that run longest (seconds), where all took turns "
        f"{rounds} times, one process at a time: the median over these scripts of the median over rounds, and the "
        "middle half of them. Malloc was told to give no memory back, whoever ran. Longer runs: "
        "[watch_cost.md](watch_cost.md).",
        "",
        "What is found was heard in one run per script, of Rectifier in the last `make clinic`. In a script of seconds "
        "the first steps weigh, most of which Rectifier looks at.",
        "",
        "| | found | first | false alarms | findings per healthy script | broken | script | step |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        found = sum(case.illness in {m for means in said[name][case.name] for m in means} for case in sick)
        first = sum(bool(said[name][c.name]) and bool(c.first & set(said[name][c.name][0])) for c in sick)
        alarms = sum(bool(said[name][case.name]) for case in healthy)
        findings = sum(len(said[name][case.name]) for case in healthy) / max(1, len(healthy))
        broken = sum(
            heard[name][case.name]["failure"] is not None and heard["nobody"][case.name]["failure"] is None
            for case in cases
        )
        lines.append(
            f"| {_title(name)} | {found} of {len(sick)} | {first} | {alarms} of {len(healthy)} | {findings:.1f} "
            f"| {broken} | {cost(turns[name], late=False)} | {cost(turns[name], late=True)} |"
        )
    lines += ["", *(f"- **{_title(name)}**: {_module(name).ABOUT}." for name in names), ""]
    lines += ["## By script", "", "| script | what it has | " + " | ".join(map(_title, names)) + " |"]
    lines.append("|---" * (2 + len(names)) + "|")
    for case in cases:
        cells = [_cell(said[name][case.name], heard[name][case.name]) for name in names]
        lines.append(f"| {case.name} | {case.illness or 'healthy'} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _module(name: str) -> Any:
    return importlib.import_module(f"clinic.peers.{name}")


def _title(name: str) -> str:
    return str(_module(name).PACKAGE or name).replace("==", " ")


def _graves(name: str, case: Case, result: dict[str, Any]) -> list[tuple[str, ...]]:
    """What each finding that is more than information means, in order."""
    if name == "rectifier":
        return [(f.rule,) for f in read(case, REPORTS).findings if f.grave]
    return [tuple(f["means"]) for f in result["findings"] if f["grave"]]


def _cell(said: list[tuple[str, ...]], result: dict[str, Any]) -> str:
    shown = ["/".join(means) or "other" for means in said]
    counted = [f"{s} ({shown.count(s)})" if shown.count(s) > 1 else s for s in dict.fromkeys(shown)]
    return ", ".join(counted) or (f"fails: {result['failure'][:60]}" if result["failure"] else "")

"""Every kind of training script: unchanged by watching, bit for bit, and seen. `scripts/` holds one of each kind."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rectifier.record.reader import Record
from rectifier.record.rows import Activity, Event, Look, Optimizer, Parameter, Site, Step
from tests.watcher import kinds

LONG = {"compiled_inductor"}  #: the same kind as `compiled`, and in the table of `make neutrality`
SCRIPTS = [pytest.param(s, marks=[pytest.mark.long] if s.stem in LONG else [], id=s.stem) for s in kinds.SCRIPTS]


@pytest.fixture(scope="module", params=SCRIPTS)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp(request.param.stem)
    return request.param, kinds.plain(request.param, folder), kinds.watched(request.param, folder)


def test_nothing_changes(ran: tuple[Path, kinds.Ended, kinds.Ended]) -> None:
    _, plain, watched = ran
    assert plain.stdout.count("bits") >= 2, plain.stderr
    assert watched.stdout == plain.stdout
    assert watched.own_stderr == plain.own_stderr
    assert watched.code == plain.code == 0


def test_all_that_the_script_announces_is_seen(ran: tuple[Path, kinds.Ended, kinds.Ended]) -> None:
    script, _, watched = ran
    expected = kinds.expected(script)
    facts = expected.facts
    record = Record(watched.record)
    assert [o.kind for o in record.rows(Optimizer)] == facts["optimizers"], watched.stderr
    taken = Counter(s.optimizer for s in record.rows(Step))
    assert [taken[n] for n in sorted(taken)] == facts["steps"]
    assert record.rows(Look)
    vague = {site[:3] for site in expected.sites if site[3] == "any"}
    sites = {(s.layer, s.activation, s.units, s.source) for s in record.rows(Site)}
    sites = {(*site[:3], "any") if site[:3] in vague else site for site in sites}
    assert sites == expected.sites
    if "samples" in facts:
        assert sorted({a.seen for a in record.rows(Activity)}) == facts["samples"]
    if "losses" in facts:
        (line,) = (line for line in watched.stdout.splitlines() if line.startswith("losses"))
        assert [s.loss for s in record.rows(Step)] == pytest.approx([float(x) for x in line.split()[1:]], rel=1e-6)
    assert set(facts.get("parameters", ())) <= {p.name for p in record.rows(Parameter)}
    assert sum(e.kind == "skipped" for e in record.rows(Event)) == facts.get("skipped", 0)
    assert len(list(watched.record.glob("rank-*.db"))) == facts.get("processes", 1)
    report = json.loads((watched.folder / "report.json").read_text())
    unseen = [entry["because"] for entry in report["not_judged"] if entry["rule"] == "watch"]
    for text in facts.get("unseen", ()):
        assert any(text in because for because in unseen), unseen
    if "unseen" not in facts:
        assert not unseen

"""`python -m benchmarks.public` on a repository of our own: what it compares, and that it tells what differs."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.public import compare
from benchmarks.public.__main__ import bad, line, row, rows, run, written
from benchmarks.public.execute import Ended
from benchmarks.public.manifest import Script, scripts

TRAIN = """
import time, torch
from torchvision import datasets, transforms

data = torch.utils.data.DataLoader(datasets.MNIST("data", transform=transforms.ToTensor()), batch_size=20)
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
optimizer = torch.optim.Adam(net.parameters())
for epoch in range(2):
    for x, y in data:
        loss = torch.nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"loss {loss.item():.6f} time {time.perf_counter():.6f}")
torch.save(net.state_dict(), "net.pt")
"""


def git(folder: Path, *command: str) -> str:
    name = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    done = subprocess.run(["git", "-C", folder, *name, *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def script(tmp_path: Path) -> Script:
    checkout = tmp_path / "somebody+something"
    (checkout / "net").mkdir(parents=True)
    (checkout / "net" / "train.py").write_text(TRAIN)
    git(tmp_path, "init", "-q", str(checkout))
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "all")
    return Script(
        repository="somebody/something", commit=git(checkout, "rev-parse", "HEAD"), path="net/train.py", name="train",
        about="nothing", images=200, figure=r"loss ([\d.]+)",
    )  # fmt: skip


@pytest.mark.long
def test_a_script_is_run_and_compared(script: Script, tmp_path: Path) -> None:
    run(script, tmp_path, sys.executable, tmp_path / "kept")
    one = line(script, tmp_path / "kept")
    assert one is not None
    assert (one.code, one.code_same, one.stderr, one.steps) == (0, "same", "same", 20)
    assert one.stdout == "same but for times"  # it does not seed its random numbers, and is seeded
    assert one.files == "1 same"
    assert not one.findings
    assert not one.lost
    first, _, last = one.progress.partition(" to ")
    assert float(last) < float(first)
    assert not bad(script, one)
    assert bad(replace(script, ill="measured"), one)
    assert "20 (" in row(script, one)
    assert line(replace(script, images=100), tmp_path / "kept") is None  # those were other runs
    assert one.rectifier in row(script, one)
    assert "none. measured" in row(replace(script, well="measured"), one)

    # The page has the script that was run, and the rows that it had of those that were not.
    page, other = tmp_path / "page.md", replace(script, name="other", path="other.py", ill="of something")
    absent = replace(script, name="absent", path="absent.py")
    page.write_text(written([script, other], page, {"train": one, "other": replace(one, findings=["error it (0)"])}))
    was = rows(page)["something `other.py`"]
    text = written([absent, script, other], page, {"train": replace(one, findings=["info x; warning it", "error y"])})
    page.write_text(text)
    assert rows(page)["something `other.py`"] == was
    assert "2 of the manifest's 3 scripts were run: 2 unchanged by watching, 1 accused" in text
    assert ", 0 whose illness was not named" in text


def test_a_changed_script_is_refused(script: Script, tmp_path: Path) -> None:
    with (tmp_path / "somebody+something" / "net" / "train.py").open("a") as file:
        file.write("print('changed')\n")
    with pytest.raises(ValueError, match="has been changed: check it out again"):
        run(script, tmp_path, sys.executable, tmp_path / "kept")
    with pytest.raises(ValueError, match="the manifest is about 0000"):
        run(replace(script, commit="0000"), tmp_path, sys.executable, tmp_path / "kept")
    with pytest.raises(FileNotFoundError, match="must be a checkout of somebody/else"):
        run(replace(script, repository="somebody/else"), tmp_path, sys.executable, tmp_path / "kept")


def test_what_is_not_the_same_is_told() -> None:
    plain = Ended(code=0, stdout="loss 1.0\n", stderr="", cpu=1.0, files={"a": b"1"}, report=None, record={})
    other = replace(plain, stdout="loss 1.5\n", files={"a": b"2"})
    timed = [replace(plain, stdout=f"loss 1.0 time: {n}.5s\n", files={f"run__17000000{n}": b"1"}) for n in (10, 11, 12)]

    def stdout(run: Ended) -> str:
        return run.stdout

    assert compare.text(stdout, plain, plain, plain) == compare.SAME
    assert compare.text(stdout, plain, plain, other) == compare.DIFFERENT
    assert compare.text(stdout, plain, other, plain) == compare.SAME
    assert compare.text(stdout, plain, other, replace(plain, stdout="loss 3\n")) == compare.NOISY
    assert compare.text(stdout, *timed) == "same but for times"
    assert compare.files(plain, plain, plain) == compare.files(*timed) == "1 same"
    assert compare.files(plain, plain, other) == f"{compare.DIFFERENT}: a"
    assert compare.files(plain, other, replace(plain, files={"a": b"3"})) == "1 where plain runs differ as well"
    assert compare.DIFFERENT in compare.files(plain, plain, replace(plain, files={"b": b"1"}))


def test_the_manifest_holds_what_it_says() -> None:
    everything = scripts()
    assert len(everything) >= 20
    assert len({script.name for script in everything}) == len(everything)
    for script in everything:
        assert not script.commit or len(script.commit) == 40
        assert script.about

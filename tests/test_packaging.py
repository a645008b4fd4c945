"""The package as users get it: sdist, wheel, a bare environment without torch."""

import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment that holds the wheel and its dependencies, and nothing else."""
    folder = tmp_path_factory.mktemp("packaging")
    # Without isolation the build uses the scikit-build-core at hand, and what set-up has compiled already.
    run(sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel, cwd=folder)
    return python


def test_the_sdist_holds_every_source(installed: Path) -> None:
    (sdist,) = installed.parents[2].glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    sources = [path for folder in ("kernels", "bind", "src") for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {
        str(path.relative_to(ROOT)) for path in sources if "__pycache__" not in path.parts and path.suffix != ".so"
    }
    assert {"CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE", *wanted} <= held


def test_it_computes_without_torch(installed: Path, tmp_path: Path) -> None:
    code = """
import sys, rectifier
assert not {"numpy", "torch"} & set(sys.modules), "import rectifier imported more than itself"
print(rectifier.relu([-2, -1, 0, 1, 2]), rectifier.elu(-1.0), rectifier.softmax([0.0, 0.0]))
assert "torch" not in sys.modules
"""
    assert run(installed, "-c", code, cwd=tmp_path).strip() == "[0 0 0 1 2] -0.6321205588285577 [0.5 0.5]"


def test_the_commands_work(installed: Path, tmp_path: Path) -> None:
    rectifier = installed.with_name("rectifier")
    assert "leaky_relu" in run(rectifier, "list", cwd=tmp_path)
    assert "Nair" in run(rectifier, "explain", "relu", cwd=tmp_path)
    plot = subprocess.run([rectifier, "plot", "relu"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert plot.returncode == 1
    assert 'pip install "rectifier[plot]"' in plot.stderr


def test_types_are_shipped(installed: Path, tmp_path: Path) -> None:
    code = (
        "import rectifier, pathlib; print(*sorted(p.name for p in pathlib.Path(rectifier.__file__).parent.iterdir()))"
    )
    assert {"py.typed", "_native.pyi"} <= set(run(installed, "-c", code, cwd=tmp_path).split())


def test_a_missing_native_module_is_explained(installed: Path, tmp_path: Path) -> None:
    package = run(installed, "-c", "import rectifier; print(rectifier.__path__[0])", cwd=tmp_path).strip()
    shutil.copytree(package, tmp_path / "rectifier", ignore=shutil.ignore_patterns("_native.*so"))
    done = subprocess.run(
        [installed, "-c", "import rectifier; rectifier.relu"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ImportError: Rectifier's native module (rectifier._native) is missing" in done.stderr
    assert "Install it again" in done.stderr

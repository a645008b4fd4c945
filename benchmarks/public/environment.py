"""A virtual environment for what the public scripts import beyond torch, which they take from the one at hand."""

import subprocess
import sys
from pathlib import Path

import torch

FOLDER = Path("build") / "public" / "environment"
#: gymnasium as cleanrl pins it; none of them brings a torch of its own here, for the one at hand is found first.
PACKAGES = (
    "gymnasium==0.29.1", "tyro==1.0.17", "tensorboard==2.21.0", "tensorboardX==2.6.5", "lightning==2.6.6",
    "jsonargparse[signatures]==4.53.0", "transformers==5.23.0", "accelerate==1.15.0", "datasets==5.2.0",
    "evaluate==0.4.6", "torchdiffeq==0.2.5", "torchcde==0.2.5", "torchsde==0.2.6", "fire==0.7.1", "autograd==1.9.1",
    "imageio==2.38.2", "tqdm==4.70.1", "plotly==7.1.0", "seaborn==0.13.2",
)  # fmt: skip


def python() -> str:
    """Its Python; the environment is made if it is not there."""
    found, stamp = (FOLDER / "bin" / "python").absolute(), FOLDER / "packages.txt"
    wanted = "\n".join((f"torch=={torch.__version__.partition('+')[0]}", *PACKAGES))
    if stamp.exists() and stamp.read_text() == wanted:
        return str(found)
    subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
    (site,) = (FOLDER / "lib").glob("python*/site-packages")
    here = Path(torch.__file__).parents[1]
    own = next(path for path in map(Path, sys.path) if (path / "rectifier").is_dir())
    # `addsitedir` follows the .pth files there, by which an editable install is found.
    (site / "rectifier.pth").write_text(f"{own}\nimport site; site.addsitedir({str(here)!r})\n")
    subprocess.run(
        [str(found), "-m", "pip", "install", "--disable-pip-version-check", "-q", *wanted.splitlines()], check=True
    )
    stamp.write_text(wanted)
    return str(found)

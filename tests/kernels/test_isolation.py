"""Code built for one instruction set must not be shared with another: the linker would keep whichever came first."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="other machines have one variant only")
@pytest.mark.skipif(not (shutil.which("c++") and shutil.which("nm")), reason="needs a compiler and nm")
def test_a_variant_exports_nothing_but_its_table(tmp_path: Path) -> None:
    names = sorted(path.stem for path in (ROOT / "kernels" / "activations").glob("*.hpp"))
    includes = "".join(f'#include "activations/{name}.hpp"\n' for name in names)
    members = " ".join(f"X({name})" for name in names)
    (tmp_path / "members.hpp").write_text(f"{includes}#define RECTIFIER_MEMBERS(X) {members}\n")
    compiled = tmp_path / "variant.o"
    # -O0 inlines nothing, so every function that could be shared is there to be seen.
    flags = ["-std=c++17", "-O0", "-DRECTIFIER_VARIANT=avx512", f"-I{tmp_path}", f"-I{ROOT / 'kernels'}"]
    source = ROOT / "kernels" / "variant.cpp"
    subprocess.run(["c++", *flags, "-mavx512f", "-mfma", "-c", source, "-o", compiled], check=True)
    symbols = subprocess.run(["nm", "-C", compiled], capture_output=True, text=True, check=True).stdout
    defined = [line.split(maxsplit=2)[1:] for line in symbols.splitlines() if not line.startswith(" ")]
    shared = [name for kind, name in defined if kind in "TWVuBDR"]
    assert shared == ["rectifier::table_avx512()"]

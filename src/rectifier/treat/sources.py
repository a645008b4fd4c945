"""The user's own files: the script, and what it imports of the folder that it lies in."""

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from rectifier.treat.trial import Program


@dataclass(slots=True, kw_only=True)
class Source:
    """One file."""

    path: Path
    text: str
    names: set[str] | None = field(default_factory=set)  #: what the files before it use of it; None: all


def sources(program: Program) -> list[Source]:
    """The script first; files that are no Python in UTF-8 are left out. Empty where the script was not found."""
    script = _script(program)
    if script is None:
        return []
    roots = [Path(program.directory) if program.command[0] == "-m" else script.parent, Path(program.directory)]
    found: dict[Path, Source] = {}
    trees: dict[Path, ast.Module] = {}
    waiting: list[tuple[Path, set[str] | None]] = [(script.resolve(), None)]
    while waiting:
        path, names = waiting.pop(0)
        if path not in found:
            try:
                text = path.read_bytes().decode()
                trees[path] = ast.parse(text)
            except (OSError, SyntaxError, ValueError):
                continue
            found[path] = Source(path=path, text=text)
        elif found[path].names is None or (names is not None and names <= (found[path].names or set())):
            continue
        known = found[path].names
        found[path].names = None if names is None or known is None else known | names
        used = _used(trees[path], found[path].names)
        for node in ast.walk(trees[path]):
            waiting += _imported(node, path, roots, used)
    return list(found.values())


def _used(tree: ast.Module, names: set[str] | None) -> set[str]:
    """The names that a file's own statements use, of those that make these names (None: all of them)."""
    uses = {statement: {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)} for statement in tree.body}
    if names is None:
        return set().union(*uses.values())
    wanted = set(names)
    while True:
        more = set(wanted)
        for statement, used in uses.items():
            name = getattr(statement, "name", None)  # of a function or class; else what it assigns to
            made = {name} if name else {n.id for n in ast.walk(statement) if _is_made(n)}
            more |= used if made & wanted else set()
        if more == wanted:
            return wanted
        wanted = more


def _is_made(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _imported(node: ast.AST, path: Path, roots: list[Path], used: set[str]) -> list[tuple[Path, set[str] | None]]:
    """The user's files that an import brings in, and what of each, as far as it is used."""
    if isinstance(node, ast.Import):
        modules = [name.name for name in node.names if (name.asname or name.name).partition(".")[0] in used]
        return [(file, None) for module in modules if (file := _file(roots, module))]
    if not isinstance(node, ast.ImportFrom):
        return []
    places = [path.parents[node.level - 1]] if node.level else roots
    module = node.module or ""
    names = {name.name for name in node.names if name.name == "*" or (name.asname or name.name) in used}
    within = [_file(places, f"{module}.{name}".strip(".")) for name in sorted(names)]  # `from package import module`
    found: list[tuple[Path, set[str] | None]] = [(file, None) for file in within if file]
    if module and names and (file := _file(places, module)):
        found.append((file, None if "*" in names else names))
    return found


def _file(places: list[Path], module: str) -> Path | None:
    """The file of a module below one of these folders."""
    for place in places:
        path = place.joinpath(*module.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file.resolve()
    return None


def _script(program: Program) -> Path | None:
    if program.command[0] != "-m":
        path = Path(program.directory, program.command[0])
        return path if path.is_file() else path / "__main__.py" if (path / "__main__.py").is_file() else None
    parts = Path(program.directory, *program.command[1].split("."))
    return next((f for f in (parts.with_suffix(".py"), parts / "__main__.py") if f.is_file()), None)

"""What `run`, `treat` and `compare` share: the script to run and what follows it, which is the script's own."""

import difflib
import importlib.util
import os
import shlex
import sys
from pathlib import Path

import click


class ScriptCommand(click.Command):
    """Options of Rectifier stand before SCRIPT or `-m MODULE`; whatever stands behind it is the script's, as it is for
    `python`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {name for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
        position = 0
        while position < len(args) and args[position].startswith("-") and args[position] != "--":
            if args[position].startswith("-m"):
                module = args[position].removeprefix("-m") or "".join(args[position + 1 : position + 2])
                if not module or module.startswith("-"):
                    raise click.UsageError(
                        f"-m needs the name of a module, as in: rectifier {ctx.info_name} -m package.train", ctx
                    )
                behind = position + (2 if args[position] == "-m" else 1)
                args = [*args[:behind], "--", *args[behind:]]
                break
            position += 2 if args[position] in valued else 1
        return super().parse_args(ctx, args)


def hint(ctx: click.Context) -> None:
    """Say of a script that failed which words behind it are options of this command too, and where those belong."""
    flags = {name: p.is_flag for p in ctx.command.params if isinstance(p, click.Option) for name in p.opts}
    module, arguments = ctx.params["module"], list(ctx.params["arguments"])
    script = ["-m", module] if module is not None else [arguments.pop(0)]
    ours: list[str] = []
    found: list[str] = []
    theirs: list[str] = []
    while arguments:
        word = arguments.pop(0)
        name = word.partition("=")[0]
        if not name.startswith("--") or name not in flags:
            theirs.append(word)
            continue
        found.append(name)
        ours.append(word)
        if word == name and not flags[name]:
            ours += arguments[:1]
            del arguments[:1]
    if found:
        command = f"rectifier {ctx.info_name}"
        click.echo(
            f"rectifier: hint: the script was given {' and '.join(dict.fromkeys(found))}, as everything behind it. If "
            f"that is meant for `{command}`, put it before the script: "
            f"{command} {shlex.join([*ours, *script, *theirs])}",
            err=True,
        )


def script_of(module: str | None, arguments: tuple[str, ...], command: str = "run") -> str:
    """What the user calls the script; a usage error if there is none."""
    if module is not None:
        return f"-m {module}"
    if not arguments:
        raise click.UsageError(f"no script was given. Try: rectifier {command} train.py")
    path = Path(arguments[0])
    if not path.exists():
        close = difflib.get_close_matches(str(path), map(str, path.parent.glob("*.py")), n=1)
        hint = f": did you mean {close[0]!r}?" if close else f" (looked in {Path.cwd()})."
        raise click.UsageError(f"there is no script {str(path)!r}{hint}")
    if path.is_dir() and not (path / "__main__.py").exists():
        raise click.UsageError(f"{str(path)!r} is a directory without a __main__.py; give the script to run")
    return arguments[0]


def must_be_writable(file: Path) -> None:
    """A usage error if a JSON file cannot be written there."""
    # Said before a run of hours, not after it.
    if file.is_dir() or not file.parent.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise click.UsageError(f"--json {str(file)!r} cannot be written: give a file in a folder that exists")


def torch_must_be_there(command: str) -> None:
    """An error that says how to install torch."""
    if importlib.util.find_spec("torch") is None:
        raise click.ClickException(
            f"`rectifier {command}` watches PyTorch training, and torch is not installed in this environment "
            f'({sys.prefix}). Install it with: pip install "rectifier[torch]"'
        )

"""What `run`, `treat` and `compare` share: the script to run and what follows it, which is the script's own."""

import difflib
import importlib.util
import os
import sys
from pathlib import Path

import click


class ScriptCommand(click.Command):
    """What follows `-m MODULE` belongs to the module, as it does for `python`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {name for p in self.params if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
        position = 0
        while position < len(args) and args[position].startswith("-") and args[position] != "--":
            if args[position] == "-m":
                args = [*args[: position + 2], "--", *args[position + 2 :]]
                break
            position += 2 if args[position] in valued else 1
        return super().parse_args(ctx, args)


class TrialsCommand(ScriptCommand):
    """Options may also stand right behind SCRIPT: `rectifier compare train.py --activations relu,elu`. From the first
    word that is none of them, or from `--`, all is the script's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {name: not p.is_flag for p in self.params if isinstance(p, click.Option) for name in p.opts}
        script = 0
        while script < len(args) and args[script].partition("=")[0] in valued:
            script += _words(args[script], valued)
        if script < len(args) and not args[script].startswith("-"):
            end = script + 1
            while end < len(args) and args[end].startswith("--") and args[end].partition("=")[0] in valued:
                end += _words(args[end], valued)
            rest = args[end + 1 :] if args[end : end + 1] == ["--"] else args[end:]
            args = [*args[:script], *args[script + 1 : end], "--", args[script], *rest]
        return super().parse_args(ctx, args)


def _words(option: str, valued: dict[str, bool]) -> int:
    """How many words an option takes, its value included."""
    return 2 if valued[option.partition("=")[0]] and "=" not in option else 1


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

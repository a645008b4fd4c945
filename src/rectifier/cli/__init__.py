"""The `rectifier` command: one file per subcommand, found by name and imported when it is called."""

import importlib
import pkgutil
import sys
import warnings

import click

from rectifier import __version__
from rectifier.names import unknown


class Subcommands(click.Group):
    """Subcommands are the modules of this package; each holds a `command`. None is imported before it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise click.UsageError(unknown("command", args[0], self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=Subcommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rectifier")
def main() -> None:
    """The complete ReLU toolkit: compute rectifiers, watch training, find what is ill and say what to do."""
    warnings.simplefilter("ignore")  # PYTHONWARNINGS is meant for the script, which has a process of its own


if __name__ == "__main__":
    sys.exit(main())

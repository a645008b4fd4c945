"""`rectifier plot`: activations and their derivatives as a picture."""

from pathlib import Path

import click

from rectifier import catalogue


@click.command
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("activations.png"),
    show_default=True, help="The file to write; its ending says the format (png, svg, pdf, ...).",
)  # fmt: skip
@click.option(
    "--range", "limits", type=(float, float), default=(-4.0, 4.0), show_default=True, metavar="LOW HIGH",
    help="The x to draw.",
)  # fmt: skip
def command(names: tuple[str, ...], output: Path, limits: tuple[float, float]) -> None:
    """Draw one or more activations and their derivatives to a file.

    Example: rectifier plot relu leaky_relu elu -o rectifiers.png
    """
    try:
        members = [catalogue.get(name) for name in names]
    except catalogue.UnknownActivationError as error:
        raise click.UsageError(str(error)) from None
    try:
        from rectifier.plotting import figure

        picture = figure(members, low=limits[0], high=limits[1])
        picture.savefig(output, dpi=150)
    except (ImportError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"wrote {output}")

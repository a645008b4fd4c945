"""`python -m rectifier` is the `rectifier` command."""

from rectifier.cli import main

main(prog_name="rectifier")

"""The scripts to run, as `manifest.toml` lists them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = Path(__file__).with_name("manifest.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that a script would download, cut from one that its repository ships."""

    to: str
    source: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One line of the table."""

    repository: str  #: owner/name
    commit: str  #: empty: the script is ours, in `own`
    path: str  #: in the repository
    name: str  #: of the entry
    about: str
    arguments: tuple[str, ...] = ()
    before: tuple[str, ...] = ()  #: scripts that make its data
    images: int | None = None  #: training samples of the data set that stands in; None: nothing stands in
    texts: tuple[Text, ...] = ()
    beside: tuple[str, ...] = ()  #: folders of stand_ins that are put beside it
    figure: str | None = None  #: finds its own figure of progress in what it prints
    ill: str | None = None  #: an illness that it has
    well: str | None = None  #: why it is well where it is accused

    @property
    def run(self) -> tuple[Any, ...]:
        """All of it that its runs depend on."""
        place = self.repository, self.commit, self.path
        return *place, self.arguments, self.before, self.images, self.texts, self.beside

    @property
    def checkout(self) -> str:
        """The folder of its repository among the checkouts."""
        return self.repository.replace("/", "+")


def scripts(manifest: Path = MANIFEST) -> list[Script]:
    """Every script, in the manifest's order."""
    found = []
    for repository in tomllib.loads(manifest.read_text())["repository"]:
        for entry in repository["script"]:
            given = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
            given["texts"] = tuple(Text(to=t["to"], source=t["from"], lines=t["lines"]) for t in given.get("texts", ()))
            names = {"repository": repository["name"], "commit": repository["commit"], "name": entry["path"]}
            found.append(Script(**names | given))
    return found

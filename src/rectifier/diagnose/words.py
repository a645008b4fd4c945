"""Numbers and names as sentences have them."""

from collections.abc import Iterable

#: Why the rules that judge a training by its loss do not.
SEVERAL = "with several optimizers, a loss is not expected to fall"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "step"), counted(2, "step"), counted(2, "pass"), counted(1200, "loss")
    ('1 step', '2 steps', '2 passes', '1200 losses')
    """
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number} {noun}{ending}"


def needed(number: int, fewest: int, noun: str) -> str:
    """Why there is too little of something.

    >>> needed(1, 10, "loss")
    'only 1 loss was seen; 10 are needed'
    """
    return f"only {counted(number, noun)} {'was' if number == 1 else 'were'} seen; {fewest} are needed"


def spelled(labels: Iterable[str], most: int = 4) -> str:
    """A few names, each once, and how many more there are.

    >>> spelled(["a"]), spelled(["a", "b", "a"]), spelled("abcdefg")
    ('a', 'a and b', 'a, b, c, d and 3 more')
    """
    known = list(dict.fromkeys(labels))
    if len(known) > most + 1:
        return f"{', '.join(known[:most])} and {len(known) - most} more"
    return " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)

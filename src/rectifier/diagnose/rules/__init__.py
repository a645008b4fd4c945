"""The rules, one file per illness. A rule file holds its documentation, its thresholds and its check.

the module's docstring   the documentation, as `rectifier explain SLUG` prints it; its first line is the title
FOLLOWS_FROM             slugs of the illnesses that can cause this one, the likeliest first
check(evidence)          the findings; an empty list if all is well; or a sentence saying why it cannot judge
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rectifier.diagnose.evidence import Evidence
from rectifier.diagnose.finding import Finding
from rectifier.names import unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One illness."""

    slug: str  #: `dying-relu`
    documentation: str  #: Markdown, the first line is the title
    follows_from: tuple[str, ...]  #: slugs of its possible causes, the likeliest first
    check: Callable[[Evidence], list[Finding] | str]


class UnknownRuleError(LookupError):
    """No rule of this name."""


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its slug: the modules of this package, `dying_relu.py` is `dying-relu`."""
    found = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        slug = info.name.replace("_", "-")
        found[slug] = Rule(
            slug=slug,
            documentation=(module.__doc__ or "").strip(),
            follows_from=module.FOLLOWS_FROM,
            check=module.check,
        )
    return found


def rule(slug: str) -> Rule:
    """The rule of this slug."""
    if slug not in rules():
        raise UnknownRuleError(unknown("rule", slug, rules()))
    return rules()[slug]

"""All rules on one page, for docs/: what `rectifier explain RULE` prints."""

from rectifier.diagnose.rules import rules


def page() -> str:
    """docs/rules.md."""
    lines = [
        "# The illnesses",
        "",
        "What `rectifier run` looks for, and how. `rectifier explain RULE` prints the same; this page is written by",
        "`python -m rectifier.diagnose.describe`. Findings that follow from another one are ranked behind it.",
        "",
        *(f"- [{slug}](#{slug}): {_title(text.documentation)[1]}" for slug, text in rules().items()),
    ]
    for slug, rule in rules().items():
        name, what = _title(rule.documentation)
        lines += ["", f"## {slug}", "", f"**{name}**: {what}"]
        lines += [f"#{line}" if line.startswith("## ") else line for line in rule.documentation.splitlines()[1:]]
        if rule.follows_from:
            lines += ["", f"Can follow from: {', '.join(f'[{cause}](#{cause})' for cause in rule.follows_from)}."]
    return "\n".join(lines) + "\n"


def _title(documentation: str) -> tuple[str, str]:
    name, _, what = documentation.splitlines()[0].partition(": ")
    return name, what


if __name__ == "__main__":
    print(page(), end="")

"""Checks the relative links in Markdown files, and prose for phrases to avoid. Prints each finding as
`file:line: …`, and fails if there are any."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
# Comments, strings and names of functions: what a person reads of a Rust file.
COMMENT = re.compile(r"(?<!:)//.*")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
FUNCTION = re.compile(r"fn (\w+)")

# A hit is a sentence to rewrite, not a word to replace.
PHRASES = [
    r"(?<!there )is none\b",
    r"sent again",
    r"time-outs?\b",
    r"whose it is",
    r"comes? to rest|came to rest",
    r"by way of",
    r"in vain",
    r"of one's own",
    r"of our own",
    r"this very machine",
    r"parted by",
    r"so many (?!that)",
    r"what (?:is|was) no\b",
    r"goes on from",
    r"hand(?:ed|s) on",
    r"reckoned",
    r"for ever\b",
    r"whatever else",
    r"as it came",
    r"is there (?:already|too|twice)",
    r"has something go wrong",
    r"in the API's word",
    r"makes one of",
    r"with nothing set",
    r"is it who",
    r"done sooner",
]
PATTERNS = [re.compile(r"\b" + phrase if phrase[0].isalpha() else phrase, re.I) for phrase in PHRASES]
# Texts that match a phrase but are correct.
ALLOWED = ["504 Gateway Time-out"]


def files(*globs):
    return sorted({path for glob in globs for path in ROOT.glob(glob) if path.is_file()})


def slug(heading):
    """The anchor of a heading: lower case, without punctuation, with dashes for spaces."""
    text = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def broken_links(path):
    text = path.read_text()
    prose = re.sub(r"```.*?```", lambda block: "\n" * block.group().count("\n"), text, flags=re.S)
    for number, line in enumerate(prose.splitlines(), 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+://", target) or "::" in target or target.startswith("crate"):
                continue
            name, _, anchor = target.partition("#")
            linked = (path.parent / name).resolve() if name else path
            if not linked.exists() or ROOT not in [linked, *linked.parents]:
                yield number, f"a link to {target}, which does not exist"
            elif anchor and linked.suffix == ".md":
                if anchor not in map(slug, HEADING.findall(linked.read_text())):
                    yield number, f"a link to {target}, but there is no such heading"


def prose(path, line):
    """The parts of a line that a person reads."""
    if path.suffix != ".rs":
        return line
    read = COMMENT.findall(line) + STRING.findall(line)
    return " ".join(read + [name.replace("_", " ") for name in FUNCTION.findall(line)])


def phrases(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = prose(path, line)
        for allowed in ALLOWED:
            text = text.replace(allowed, "")
        for pattern in PATTERNS:
            for hit in pattern.finditer(text):
                yield number, f"{hit.group()!r} in: {text.strip()[:120]}"


def main():
    markdown = files("*.md", "docs/**/*.md", "examples/**/*.md", ".github/**/*.md")
    everything = markdown + files(
        "src/**/*.md", "*.rs", "build/**/*.rs", "src/**/*.rs", "tests/**/*.rs", "benches/*.rs",
        "examples/**/*.rs", "fuzz/**/*.rs", "schemas/*.json",
    )  # fmt: skip
    findings = [(p, *found) for p in markdown for found in broken_links(p)]
    findings += [(p, *found) for p in everything for found in phrases(p)]
    for path, number, message in findings:
        print(f"{path.relative_to(ROOT)}:{number}: {message}")
    print(f"{len(markdown)} files with links, {len(everything)} files of prose: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

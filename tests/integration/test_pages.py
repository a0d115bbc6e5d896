"""The pages hang together: what one links to is there, what one names is there, and none has become a book in one file."""

import re
import subprocess

import pytest
from playground import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"")
README_MAX, CHAPTER_MAX = 900, 150  # lines


def prose(path):
    """Without blocks and without code, in which brackets mean something else."""
    return re.sub(r"```.*?```|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.S)


def anchors(path):
    """What GitHub calls the headings."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def links(path):
    found = ["".join(link) for link in LINK.findall(prose(path))]
    return [link for link in found if not link.startswith(("http:", "https:"))]


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page):
    assert links(page)
    for link in links(page):
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_reached_from_the_front_door():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if re.search(r"\.md(#|$)", link)]
    assert reached == set(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_file_that_a_page_names_is_there(page):
    """In code, a path with a slash whose first level is one of the repository's folders."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.split()
    folders = {path.split("/")[0] for path in tracked if "/" in path}
    for code in re.findall(r"`([\w./-]+)`", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)):
        if code.split("/")[0] in folders and "/" in code:
            assert (ROOT / code).exists(), code


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_chapter_is_short(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    starts = [0, *(number for number, line in enumerate(lines) if line.startswith("## ")), len(lines)]
    for start, end in zip(starts, starts[1:]):
        assert end - start < CHAPTER_MAX, lines[start]
    assert page.name != "README.md" or len(lines) < README_MAX

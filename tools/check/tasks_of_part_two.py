"""The build tasks of part two, as docs/mqtt5.md and docs/answer.md word them."""

# --- exercise 6 -------------------------------------------------------------------------------------------------------


# --- exercise 7 -------------------------------------------------------------------------------------------------------


# As in tasks.py.
FILES = {
}
TASKS = {
}
# Where each is worded; those of part one are in README.md.
PAGES = {"6": "docs/mqtt5.md", "7": "docs/answer.md"}

"""What people see: text from outside, with everything visible that would move a terminal's cursor or hide."""

from __future__ import annotations


def visible(text: str, *, keep: str = "") -> str:
    """Return a text with its control characters, invisible marks and bytes that are no text written as escapes.

    Args:
        text: Any text.
        keep: Characters that stay as they are.
    """
    return "".join(char if char.isprintable() or char in keep else repr(char)[1:-1] for char in text)

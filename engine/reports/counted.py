"""How many of something there are, in words."""


def counted(number: int, word: str) -> str:
    """A number of things: one of them, or several.

    >>> counted(1, "deal"), counted(1200, "deal")
    ('1 deal', '1,200 deals')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"

"""Texts of columns, as digests take them, held for sheets that share columns: each is written out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

SIGNS_MAX = 1 << 26  # held at once; those that were used last stay


class Texts:
    """What was written out of values that do not change, by which objects these are: they are held with their texts, so
    that nothing else gets their ids."""

    def __init__(self, signs_max: int = SIGNS_MAX) -> None:
        self._signs_max, self._signs = signs_max, 0
        self._held: dict[tuple[int | str, ...], tuple[tuple[object, ...], Sequence[str], int]] = {}

    def of(self, *values: object, written: Callable[[], Sequence[str]], named: tuple[str, ...] = ()) -> Sequence[str]:
        """The texts of values under these names, as they were `written` before.

        >>> texts, column = Texts(), object()
        >>> texts.of(column, written=lambda: ["once"]), texts.of(column, written=lambda: ["twice"])
        (['once'], ['once'])
        """
        key: tuple[int | str, ...] = (*map(id, values), *named)
        found = self._held.pop(key, None)
        if found is None:
            texts = written()
            found = values, texts, sum(map(len, texts)) + len(texts)
            self._signs += found[2]
        self._held[key] = found
        while self._signs > self._signs_max and len(self._held) > 1:
            self._signs -= self._held.pop(next(iter(self._held)))[2]
        return found[1]

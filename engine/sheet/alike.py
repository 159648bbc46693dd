"""Whether two values say the same: what a program says, wherever it is written, and what was worked out of it.

In: any two values. Out: yes only where nothing but their places in a file could tell them apart. What has no parts to
look at, such as a function, is like itself alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import partial
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from engine.values import LateKeys
from rules.problem import Place

_Told: TypeAlias = Callable[[Any, Any], bool]  # of two values of one type


def alike(one: Any, other: Any) -> bool:
    """Whether two values say the same.

    >>> alike(Place("a.yaml", 1), Place("a.yaml", 2)), alike(1, True), alike({"a": [1]}, {"a": [1]})
    (True, False, True)
    """
    if one is other:
        return True
    of = type(one)
    if of is not type(other):
        return False
    told = _told_of.get(of)
    if told is None:
        told = _told_of[of] = _telling(of)
    return told(one, other)


def _telling(of: type[Any]) -> _Told:
    """How two values of a type are told apart."""
    if issubclass(of, BaseModel):
        return _by_parts(attrgetter("__dict__", "model_fields_set", "__pydantic_private__", "__pydantic_extra__"))
    if is_dataclass(of):
        names = [each.name for each in fields(of)]
        return _by_parts(attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, x) for x in names])
    if issubclass(of, tuple | list):
        return _by_parts(lambda value: value)
    return _is_equal


def _by_parts(parts: Callable[[Any], Iterable[Any]]) -> _Told:
    def told(one: Any, other: Any) -> bool:
        own, others = tuple(parts(one)), tuple(parts(other))
        return len(own) == len(others) and all(map(alike, own, others))

    return told


def _is_equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def _same_array(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype != object:
        return bool(np.array_equal(one, other))
    own, others = one.tolist(), other.tolist()
    return own == others and [*map(type, own)] == [*map(type, others)]


_told_of: dict[type[Any], _Told] = {
    Place: lambda one, other: True,
    dict: _by_parts(lambda value: value.items()),
    MappingProxyType: _by_parts(lambda value: value.items()),
    frozenset: lambda one, other: {(type(each), each) for each in one} == {(type(each), each) for each in other},
    set: lambda one, other: {(type(each), each) for each in one} == {(type(each), each) for each in other},
    np.ndarray: _same_array,
    partial: _by_parts(lambda value: (value.func, value.args, value.keywords)),
    LateKeys: _by_parts(lambda value: (value._fetch, value._records)),
}

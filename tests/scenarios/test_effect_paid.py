"""Who counts as funded, and what was paid beside an effect: of those whose effect was counted, in amounts that are
known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from effect_panels import drawn
from fund_files import measured, small_files, told, written

from rules.problem import Refused
from scenarios.effect.answer import NotMeasurable
from scenarios.effect.did import did
from scenarios.effect.power import power_of
from scenarios.funds.export import drawn as drawn_picture
from scenarios.funds.report import closing_lines
from scenarios.panels.treatment import Since


def test_who_may_have_been_treated_is_neither_treated_nor_a_control(tmp_path: Path) -> None:
    """An approval whose amount is unknown is not one of nothing; one below zero is. What is unknown after a start that
    is known changes nothing."""
    files = small_files()
    files["mdf.csv"] += ["Q-5,A05,,event,2025-07-01,", "Q-6,A06,,event,2025-07-01,-80", "Q-7,A01,,event,2025-11-01,"]
    found = told(written(tmp_path, files))
    assert found.left_out == {"not known whether it was treated by then": 1} and found.unknown == 2
    assert (measured(found).units, measured(found).controls, found.granted_minor) == (4, 9, 40_000)


def test_an_unknown_payment_makes_nobody_treated_from_its_payment_on(tmp_path: Path) -> None:
    files = small_files()
    files["claims.csv"][1] = files["claims.csv"][1].removesuffix("90")
    found = told(written(tmp_path, files), since=Since.PAID)
    assert found.left_out == {"not known whether it was treated by then": 1}
    assert (measured(found).units, found.paid_minor) == (3, 27_000)


def test_what_was_approved_stands_beside_what_was_paid_however_treatment_is_told(tmp_path: Path) -> None:
    found = told(written(tmp_path, small_files()), since=Since.PAID)
    assert dict(closing_lines(found))["paid"] == "EUR 360.00 of 400.00 granted"


def test_what_was_paid_for_an_effect_that_nobody_can_tell_is_not_set_against_the_others(tmp_path: Path) -> None:
    """From November on everybody is funded: the first four are measured in September and October alone, the others
    never, and what those were paid bought none of the effect that is told."""
    files = small_files()
    names = [f"A{number:02}" for number in range(5, 15)]
    files["mdf.csv"] += [f"R-{name},{name},,event,2025-11-01,500" for name in names]
    files["claims.csv"] += [f"N-{name},R-{name},2025-11-05,450,2025-11-06,450,2025-11-09,450" for name in names]
    found = told(written(tmp_path, files))
    effect = measured(found)
    assert (effect.units, effect.unit_periods, dict(effect.spans)) == (4, 8, {8: (8, 10)})
    assert (found.paid_minor, found.granted_minor) == (36_000, 40_000)
    assert found.returns is not None and found.returns.worth.iroas is not None and found.returns.lift is not None
    assert found.returns.worth.iroas.value == pytest.approx(effect.total / 360)
    sold = [line.split(",") for line in files["sales.csv"][1:]]
    observed = sum(int(row[2]) for row in sold if row[0] <= "A04" and row[1] in ("2025-09", "2025-10"))
    assert found.returns.lift.value == pytest.approx(effect.total / (observed - effect.total))


def test_a_payment_without_its_amount_is_not_one_of_nothing(tmp_path: Path) -> None:
    """Three were paid 90 and one nobody knows what: neither paid nor what comes of it is known, but the effect is."""
    files = small_files()
    files["claims.csv"][1] = files["claims.csv"][1].removesuffix("90")
    found = told(written(tmp_path, files), margin="30%", split="activity")
    assert measured(found).units == 4 and found.paid_minor is None and found.returns is not None
    returns = found.returns
    assert (returns.worth.iroas, returns.worth.profit_return, returns.break_even, returns.payback_periods) == (
        None,
    ) * 4
    assert returns.worth.margin is not None
    assert dict(closing_lines(found))["paid"] == "EUR - of 400.00 granted, as a payment lacks its amount"
    assert {each.name: each.paid_minor for each in found.groups} == {"advert": 9_000, "event": None}


def test_where_nothing_was_paid_nothing_is_to_come_back(tmp_path: Path) -> None:
    files = small_files()
    files["claims.csv"] = files["claims.csv"][:1]
    assert not {"pays from", "payback"} & set(dict(closing_lines(told(written(tmp_path, files), margin="30%"))))


@pytest.mark.parametrize("why", ["not a partner in all of the periods", "an outcome is unknown"])
def test_the_funded_that_are_all_left_out_are_not_nobody(tmp_path: Path, why: str) -> None:
    files = small_files()
    funded = ("A01", "A02", "A03", "A04")
    if why == "an outcome is unknown":
        files["sales.csv"] = [
            f"{each[:3]},2025-02,,," if each.startswith(funded) and "2025-02" in each else each
            for each in files["sales.csv"]
        ]
    else:
        files["partners.csv"] = [
            each.replace("2024-01-01", "2025-02-01") if each.startswith(funded) else each
            for each in files["partners.csv"]
        ]
    answer = told(written(tmp_path, files)).answer
    assert isinstance(answer, NotMeasurable) and answer.code == "M203"
    assert (
        answer.words == f"none of the 4 that were treated in this time can be compared; left out are 4 partners: {why}"
    )


def test_every_fault_of_a_question_is_told_at_once(tmp_path: Path) -> None:
    program = written(tmp_path, small_files())
    with pytest.raises(Refused) as refused:
        told(program, "nope", margin="150%", activity="zzz", also="neither")
    assert [each.code for each in refused.value.problems] == ["S113", "S113", "M214", "M215"]
    with pytest.raises(Refused) as refused:
        told(program, "nope", periods="2025-01", margin="customers")
    assert [each.code for each in refused.value.problems] == ["S113", "M214", "M211"]


def test_the_picture_names_the_intervals_that_it_draws(tmp_path: Path) -> None:
    """Four treated are judged by permutation, which has no band of the path."""
    found = told(written(tmp_path, small_files()))
    assert measured(found).band is None
    text = drawn_picture(found).svg().decode()
    assert "Bars are intervals" in text and "Bands" not in text


def test_without_a_spread_no_interval_is_drawn_or_named(tmp_path: Path) -> None:
    """One partner that was funded has no spread of its own, by which an effect since the start could be sure."""
    files = small_files(500)
    for name in ("mdf.csv", "claims.csv"):
        files[name] = files[name][:2]
    found = told(written(tmp_path, files))
    assert found.study is not None and found.study.intervals is None
    text = drawn_picture(found).svg().decode()
    assert "intervals" not in text and "NaN" not in text


@pytest.mark.parametrize(("treated", "controls"), [(5, 6), (12, 28), (100, 200)])
def test_the_power_rises_with_the_effect_and_is_known_for_every_one(treated: int, controls: int) -> None:
    found = did(drawn(4, treated, controls))
    powers = np.array([power_of(found, 10.0**exponent) for exponent in np.arange(-2, 6, 0.05)], dtype=np.float64)
    assert powers[0] >= 0.05 and powers[-1] == 1.0 and np.diff(powers).min() > -1e-9

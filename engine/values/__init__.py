"""The values that the stages hand to each other: plan, facts, sheet, run, explanation. Frozen, free of any stage's
code."""

from engine.values.credit import Creditable as Creditable, Credits as Credits
from engine.values.facts import (
    ALWAYS as ALWAYS,
    Facts as Facts,
    Fate as Fate,
    Measured as Measured,
    Reading as Reading,
    Rows as Rows,
    TrailRow as TrailRow,
)
from engine.values.fates import Standing as Standing
from engine.values.plan import (
    PARTNERS as PARTNERS,
    PAYOUT as PAYOUT,
    RECORD as RECORD,
    ROOM_MAX_MINOR as ROOM_MAX_MINOR,
    Accumulate as Accumulate,
    Back as Back,
    Credit as Credit,
    Due as Due,
    Gather as Gather,
    Kpi as Kpi,
    Limit as Limit,
    Multiply as Multiply,
    Pay as Pay,
    Plan as Plan,
    Quota as Quota,
    ReadRows as ReadRows,
    Reverse as Reverse,
    Score as Score,
    Share as Share,
    Size as Size,
    Step as Step,
    Sum as Sum,
    TopUp as TopUp,
    Weigh as Weigh,
)
from engine.values.reasoned import NOWHERE as NOWHERE, Reasoned as Reasoned
from engine.values.run import (
    Input as Input,
    Line as Line,
    Lines as Lines,
    Run as Run,
)
from engine.values.sheet import Frame as Frame, LateKeys as LateKeys, Sheet as Sheet, frozen as frozen

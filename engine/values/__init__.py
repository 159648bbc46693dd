"""The values that the stages hand to each other: plan, facts, sheet, run, explanation. Frozen, free of any stage's
code."""

from engine.values.back import Back as Back, Emptied as Emptied, Fall as Fall, Taken as Taken
from engine.values.credit import Creditable as Creditable, Credits as Credits
from engine.values.deduct import Deduct as Deduct
from engine.values.draft import Draft as Draft, Recorded as Recorded
from engine.values.event import Command as Command, Event as Event
from engine.values.facts import (
    ALWAYS as ALWAYS,
    EXACT as EXACT,
    Facts as Facts,
    Fate as Fate,
    Measured as Measured,
    Reading as Reading,
    Rows as Rows,
    TrailGroup as TrailGroup,
    TrailRow as TrailRow,
)
from engine.values.fates import Standing as Standing
from engine.values.lines import LateLines as LateLines, Line as Line, LineColumn as LineColumn, Lines as Lines
from engine.values.openings import OpeningRow as OpeningRow
from engine.values.plan import (
    ACCOUNTS as ACCOUNTS,
    BALANCE as BALANCE,
    EARNED as EARNED,
    PARTNERS as PARTNERS,
    PAYOUT as PAYOUT,
    PROGRAM as PROGRAM,
    RECORD as RECORD,
    ROOM_MAX_MINOR as ROOM_MAX_MINOR,
    Accumulate as Accumulate,
    Credit as Credit,
    Due as Due,
    Gather as Gather,
    KeepBalance as KeepBalance,
    Kpi as Kpi,
    Limit as Limit,
    Multiply as Multiply,
    Pay as Pay,
    Plan as Plan,
    Quota as Quota,
    ReadRows as ReadRows,
    Reverse as Reverse,
    Score as Score,
    Step as Step,
    Sum as Sum,
    TopUp as TopUp,
    Whole as Whole,
)
from engine.values.plan_pools import Award as Award, Share as Share, Size as Size, Solve as Solve, Weigh as Weigh
from engine.values.posting import Owed as Owed, Posted as Posted, Posting as Posting
from engine.values.pots import layer_column as layer_column, pot_of as pot_of, sheets_before as sheets_before
from engine.values.reasoned import NOT_SCORED as NOT_SCORED, NOWHERE as NOWHERE, Reasoned as Reasoned
from engine.values.record import RunRecord as RunRecord
from engine.values.rolls import OpenAccounts as OpenAccounts, Roll as Roll, rolls as rolls
from engine.values.run import (
    Input as Input,
    PoolBooks as PoolBooks,
    Run as Run,
    Unscored as Unscored,
)
from engine.values.sheet import Frame as Frame, LateKeys as LateKeys, Sheet as Sheet, frozen as frozen

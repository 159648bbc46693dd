"""The values that the stages hand to each other: plan, facts, sheet, run, explanation. Frozen, free of any stage's
code."""

from engine.values.facts import (
    Facts as Facts,
)
from engine.values.facts import (
    Fate as Fate,
)
from engine.values.facts import (
    Measured as Measured,
)
from engine.values.facts import (
    Reading as Reading,
)
from engine.values.facts import (
    Rows as Rows,
)
from engine.values.facts import (
    TrailRow as TrailRow,
)
from engine.values.plan import (
    PARTNERS as PARTNERS,
)
from engine.values.plan import (
    PAYOUT as PAYOUT,
)
from engine.values.plan import (
    Gather as Gather,
)
from engine.values.plan import (
    Kpi as Kpi,
)
from engine.values.plan import (
    Pay as Pay,
)
from engine.values.plan import (
    Plan as Plan,
)
from engine.values.plan import (
    ReadRows as ReadRows,
)
from engine.values.plan import (
    Score as Score,
)
from engine.values.plan import (
    Share as Share,
)
from engine.values.plan import (
    Size as Size,
)
from engine.values.plan import (
    Step as Step,
)
from engine.values.plan import (
    Sum as Sum,
)
from engine.values.plan import (
    Weigh as Weigh,
)
from engine.values.reasoned import NOWHERE as NOWHERE
from engine.values.reasoned import Reasoned as Reasoned
from engine.values.run import Input as Input
from engine.values.run import Line as Line
from engine.values.run import Lines as Lines
from engine.values.run import Run as Run
from engine.values.sheet import Frame as Frame
from engine.values.sheet import Sheet as Sheet
from engine.values.sheet import frozen as frozen

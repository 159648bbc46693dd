"""The canonical tables: what a partner program can know about itself, in one vocabulary.

Every source is mapped onto these tables or onto tables that the program declares itself, with the same rights. A
column has a type; `*` marks the key (`*?`: part of the key, blank means "all"). A blank cell is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from rules.expressions.tree import Type

# Flags that follow from two dates, at the end of the period or at its start: it had begun by then, and had not ended.
DERIVED: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("partners", "active"): ("recruited_on", "terminated_on", "end"),
    ("partners", "active_at_start"): ("recruited_on", "terminated_on", "start"),
    ("customers", "active"): ("acquired_on", "churned_on", "end"),
    ("customers", "active_at_start"): ("acquired_on", "churned_on", "start"),
    ("deals", "open"): ("opened_on", "closed_on", "end"),
    ("deals", "open_at_start"): ("opened_on", "closed_on", "start"),
}

# Flags that follow from other rows: one of the same table refers to this one, and is dated before the period ends.
REFERRED: Mapping[tuple[str, str], tuple[str, str]] = {
    ("activities", "replied"): ("in_reply_to", "occurred_on"),
}
FLAGS = frozenset([*DERIVED, *REFERRED])

# What is worked out of the rows of all partners, where the program says how (`mdf:`): what its funds reimburse.
REIMBURSABLE = ("mdf_claims", "reimbursable")


@dataclass(frozen=True, slots=True)
class Needs:
    """What a row says that cannot be so without a date: `column` with one of `values` (none: any amount but zero)
    needs `date`. Without it the row would be of no period, and count as zero in silence."""

    column: str
    date: str
    values: tuple[str, ...] = ()


# Rows that contradict themselves are rejected, where a source has both columns. Only what the vocabulary makes certain
# stands here: an event that has not happened yet is blank, and an open deal may name the day on which it should close.
NEEDS: Mapping[str, tuple[Needs, ...]] = {
    "deals": (Needs("status", "closed_on", ("won", "lost")),),
    "mdf": (Needs("approved", "decided_on"),),
    "mdf_claims": (Needs("approved", "decided_on"), Needs("paid", "paid_on")),
    "training": (Needs("certified", "completed_on", ("true",)),),
}

# A text that takes only these words: what nothing reads would otherwise be passed over in silence.
WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("partner_history", "attribute"): ("tier", "region", "manager", "parent", "status", "plan", "kind", "segment"),
    ("targets", "scope"): ("partner", "region", "program"),
    ("fx_rates", "kind"): ("spot", "average", "closing"),
}

# What a history says of partners on each day: the attribute in `HISTORY`, by the name of the column of partners. Two of
# them are no column of a file: only a history says them.
HISTORY = "partner_history"
ATTRIBUTES: Mapping[str, str] = {
    **{name: name for name in WORDS[HISTORY, "attribute"] if name != "parent"},
    "parent_id": "parent",
}
OF_HISTORY_ALONE = frozenset({"status", "plan"})

# Of which thing a row is, by its scope: the column that names it, and no other one of these.
SCOPES: Mapping[str, Mapping[str, str]] = {"targets": {"partner": "partner_id", "region": "region"}}

# What people enter by hand: who proposed it, who approved it, and why; two different people, and nothing blank.
ENTERED: Mapping[str, tuple[str, str, str]] = {"awards": ("proposed_by", "approved_by", "reason")}

# Who is paid for whom: a cycle pays by it, and reads who is on hold, though no rule of a program does.
PAYEES = "payees"

# Versions that exclude each other whatever else their keys say: a partner has one payee on a day.
ONE_ON_A_DAY: Mapping[str, str] = {PAYEES: "partner_id"}

# Whose a row is that names no partner itself: that of the one row that it is of, whoever may have a part in it.
OWNED_BY: Mapping[str, str] = {"mdf_claims": "mdf"}

# The day on which the amounts of a row count in its own currency: the first of these that is not blank; of a month, its
# last day. A table that is not named has no such day.
EVENT_DAYS: Mapping[str, tuple[str, ...]] = {
    "capital": ("occurred_on",),
    "salaries": ("valid_from",),
    "customers": ("acquired_on",),
    "leads": ("created_on",),
    "deals": ("closed_on", "opened_on"),
    "deal_events": ("occurred_on",),
    "invoices": ("issued_on",),
    "receipts": ("received_on",),
    "revenue": ("month",),
    "subscriptions": ("month",),
    "results": ("month",),
    "costs": ("incurred_on",),
    "balances": ("as_of",),
    "awards": ("decided_on",),
    "mdf_budgets": ("valid_from",),
    "mdf": ("requested_on",),
    "mdf_claims": ("submitted_on",),
    "campaigns": ("starts_on",),
    "hours": ("worked_on",),
    "integrations": ("launched_on",),
}

# The second day is never before the first; both may be the same. (Versions hold on both.)
NEVER_BEFORE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "partners": (("recruited_on", "terminated_on"),),
    "customers": (("acquired_on", "churned_on"),),
    "leads": tuple(("created_on", later) for later in ("qualified_on", "opportunity_on", "converted_on", "lost_on")),
    "registrations": (("registered_on", "expires_on"),),
    "deals": (("opened_on", "closed_on"),),
    "stages": (("entered_on", "left_on"),),
    "mdf_budgets": (("valid_from", "expires_on"),),
    "mdf": (("requested_on", "decided_on"),),
    "mdf_claims": (("submitted_on", "decided_on"),),
    "campaigns": (("starts_on", "ends_on"),),
    "training": (("enrolled_on", "completed_on"),),
    "projects": (("started_on", "completed_on"),),
}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its name, its type, whether it belongs to the key and whether a key cell may be blank."""

    name: str
    type: Type
    in_key: bool = False
    blank_key: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what one row is, its columns in their canonical order, and the names of those of the key; none where
    rows have no key of their own."""

    name: str
    row: str
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", tuple(column.name for column in self.columns if column.in_key))

    def column(self, name: str) -> TableColumn | None:
        """The column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)


def declared(name: str, row: str, columns: str) -> Table:
    """A table from its short form: `deal_id* id, closed_on date, amount money`.

    >>> declared("standings", "a club's season", "partner_id* id, position count").key
    ('partner_id',)
    """
    return Table(name, row, tuple(_column(each) for each in columns.split(",")))


def _column(text: str) -> TableColumn:
    name, type_name = text.split()
    plain = name.rstrip("*?")
    return TableColumn(plain, Type(type_name), "*" in name, name.endswith("*?"))


@cache
def canonical() -> Mapping[str, Table]:
    """Every canonical table by name."""
    rows = (line.split("|") for lines in _CANONICAL.values() for line in lines.strip().splitlines())
    return {name.strip(): declared(name.strip(), row.strip(), columns) for name, row, columns in rows}


def topics() -> Mapping[str, tuple[str, ...]]:
    """The names of the canonical tables by topic, in reading order."""
    return {
        topic: tuple(line.split("|")[0].strip() for line in lines.strip().splitlines())
        for topic, lines in _CANONICAL.items()
    }


_CANONICAL: Mapping[str, str] = {
    "Partners and agreements": """
partners | a partner (a company, or an equity partner of a firm) | partner_id* id, name text, kind text, tier text, \
    region text, segment text, manager text, parent_id id, currency text, recruited_on date, onboarded_on date, \
    activated_on date, terminated_on date, capacity money
partner_history | a dated attribute | partner_id* id, attribute* text, valid_from* date, valid_to date, value text
terms | a rate agreed with one partner | partner_id* id, term* text, product*? text, deal_id*? id, valid_from* date, \
    valid_to date, value number, contract_ref text, accepted_on date
payees | who is paid, for which partner | payee_id* id, partner_id*? id, valid_from* date, valid_to date, \
    supplier_ref text, bank_ref text, country text, entity text, tax_form_until date, withholding number, on_hold flag
units | equity points | partner_id* id, class* text, valid_from* date, valid_to date, units number
capital | capital account movement | entry_id* id, partner_id id, occurred_on date, kind text, amount money
coalitions | the worth of partners who act together: a row for each of them | coalition* count, partner_id* id, \
    worth money
salaries | annual pay | partner_id* id, valid_from* date, valid_to date, annual money
targets | a goal of a partner, of a region or of the program (`scope`) | target_id* id, partner_id id, scope text, \
    region text, kpi text, period text, target number, version count, set_on date, set_by text
benchmarks | an industry or peer figure | kpi* text, segment* text, period* text, p25 number, p50 number, p75 number
markets | an addressable market | region* text, segment* text, valid_from* date, potential_customers count
""",
    "Customers, deals and money": """
customers | a customer account | customer_id* id, partner_id id, referred_by id, acquired_on date, churned_on date, \
    region text, segment text, acquisition_cost money
leads | a lead, affiliate sign-up or referral | lead_id* id, partner_id id, source text, campaign_id id, \
    referred_by id, created_on date, qualified_on date, opportunity_on date, converted_on date, lost_on date, \
    customer_id id, deal_id id, cost money
registrations | a deal registration | registration_id* id, partner_id id, deal_id id, registered_on date, \
    expires_on date, status text
deals | an opportunity | deal_id* id, customer_id id, partner_id id, integration_id id, campaign_id id, \
    product text, kind text, stage text, status text, opened_on date, closed_on date, amount money, \
    annual_value money, margin money, term_months count
deal_items | a product line | deal_id* id, item_id* id, product text, quantity number, net money
deal_events | an amendment, return, cancellation or chargeback | event_id* id, deal_id id, item_id id, \
    occurred_on date, kind text, amount money, quantity number
stages | a deal's stay in a pipeline stage | deal_id* id, stage* text, entered_on* date, left_on date
attributions | a partner's weight in a won deal, as `partage attribute` found and saved it | deal_id* id, \
    partner_id* id, weight count, method text, version text
touches | a touch before a deal | touch_id* id, partner_id id, lead_id id, deal_id id, campaign_id id, \
    touched_on date, kind text
credits | a partner's part in a deal, a customer or a project (exactly one of the three) | credit_id* id, \
    deal_id id, customer_id id, project_id id, partner_id id, role text, touched_on date, share number
invoices | a customer invoice | invoice_id* id, deal_id id, customer_id id, issued_on date, due_on date, \
    amount money, tax money
receipts | cash applied to an invoice | receipt_id* id, invoice_id id, received_on date, amount money
revenue | recognised revenue of a customer in a month | customer_id id, partner_id id, integration_id id, \
    month month, stream text, amount money, margin money
subscriptions | a customer's recurring revenue in a month | customer_id* id, month* month, partner_id id, mrr money, \
    users count
results | profit and loss | entity* text, month* month, account* text, amount money
costs | money spent | cost_id* id, partner_id id, channel text, incurred_on date, category text, amount money
payouts | what locked runs have paid (filled by the engine, never loaded) | partner_id id, period text, \
    component text, kind text, deal_id id, lead_id id, campaign_id id, amount money
adjustments | a manual line | adjustment_id* id, partner_id id, period text, component text, amount money, \
    reason text, evidence text, refers_to text
fx_rates | an exchange rate | from_currency* text, to_currency* text, kind* text, valid_on* date, rate number
holidays | a bank holiday | country* text, day* date
balances | what a partner, or the program, has on a balance at the end of a day (from a file until a run is locked) | \
    partner_id*? id, \
    balance* text, as_of* date, released_on*? date, amount money
awards | what a committee gave a partner at its discretion | award_id* id, partner_id id, pool text, \
    decided_on date, amount money, reason text, proposed_by text, approved_by text
scores | points of an earlier scorecard; without a KPI, its score and tier (from a file until a run is locked) | \
    partner_id* id, scorecard* text, kpi*? text, period* text, points number, tier text
""",
    "Marketing, enablement, relationship, product": """
mdf_budgets | an allocation | budget_id* id, partner_id id, region text, tier text, valid_from date, \
    expires_on date, amount money
mdf | a request | request_id* id, partner_id id, budget_id id, campaign_id id, activity text, requested_on date, \
    requested money, decided_on date, approved money, claim_by date
mdf_claims | a claim on a request | claim_id* id, request_id id, submitted_on date, decided_on date, paid_on date, \
    claimed money, approved money, paid money, proof_sha256 text, reason text
campaigns | a campaign | campaign_id* id, partner_id id, kind text, joint flag, starts_on date, ends_on date, \
    impressions count, reached count, clicks count, spend money
training | one person on one course | partner_id* id, person_id* id, course* text, enrolled_on* date, \
    completed_on date, certified flag, expires_on date
activities | something that happened with a partner | activity_id* id, partner_id id, customer_id id, contact_id id, \
    campaign_id id, occurred_on date, by text, kind text, in_reply_to id, response_minutes number, quantity count, \
    minutes number
contacts | a relationship | contact_id* id, partner_id id, kind text, created_on date
surveys | an answer | answer_id* id, respondent_id id, partner_id id, customer_id id, integration_id id, \
    answered_on date, question text, score number
projects | a joint or client project | project_id* id, partner_id id, customer_id id, started_on date, due_on date, \
    completed_on date
hours | a time entry | entry_id* id, partner_id id, project_id id, worked_on date, hours number, billable flag, \
    billed money
integrations | an app or integration of a technology partner | integration_id* id, partner_id id, launched_on date, \
    features count, development_cost money
usage | an integration's use by a customer on a day | integration_id* id, customer_id* id, used_on* date, \
    partner_id id, active_users count, api_calls count, errors count, latency_ms_total count
""",
}

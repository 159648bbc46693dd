"""X: a condition or formula is not one, or means nothing."""

from __future__ import annotations

from rules.codes.code import Code

EXPRESSIONS: dict[str, Code] = {
    "X101": Code(
        "empty expression",
        "A condition or formula with nothing in it says neither yes nor no.",
        "Write one, such as `deals.status = 'won'`, or leave the key out.",
    ),
    "X102": Code(
        "expression too long",
        "Beyond 2,000 characters, canonical brackets included, nobody can check an expression by reading it.",
        "Split it into steps, each with a name.",
    ),
    "X103": Code(
        "expression with too many words",
        "Beyond 500 words and signs nobody can check an expression by reading it.",
        "Split it into steps, or put a long list into a table.",
    ),
    "X104": Code(
        "nested too deep",
        "Brackets, nots and operations stand more than 50 deep in each other; a chain of + counts one for each.",
        "Split it into steps, each with a name.",
    ),
    "X105": Code(
        "character that can't be seen or typed plainly",
        "Letters that look alike, control and direction marks make a text say something else than it shows.",
        "Write names and signs in plain ASCII; take invisible characters out of texts.",
    ),
    "X106": Code(
        "sign that is not allowed",
        "Only = != < <= > >= + - * / ( ) and the comma have a meaning in an expression.",
        "Write the sign that the hint names.",
    ),
    "X107": Code(
        "comment or semicolon",
        "An expression is one condition or formula; what follows a comment sign or a semicolon would be lost.",
        "Put comments in the file around it. Minus a negative is written `a - (-b)`.",
    ),
    "X108": Code(
        "double quotes",
        "In SQL double quotes and backticks name a column; most people mean a text.",
        "Write texts in single quotes: `'won'`.",
    ),
    "X109": Code(
        "text that is never closed",
        "A text begins with a single quote and never ends.",
        "Close it. A quote inside of a text is written twice: `'it''s'`.",
    ),
    "X110": Code(
        "not a plain number",
        "Numbers are exact decimals: no exponent, no percent sign, no other base, at most 18 digits on each side.",
        "Write `0.075` for 7.5 %, and `1250.00` or `1_250.00`.",
    ),
    "X111": Code(
        "not a date, or not a length of time",
        "The written date does not exist, or the interval is not a whole count of days, months or years.",
        "Write `date '2026-01-31'` and `interval '90' day`.",
    ),
    "X112": Code(
        "word of SQL that is not allowed",
        "Queries, patterns, casts and windows have no place in a condition over one row.",
        "Write it as the hint says; ranks and totals are kinds of rule.",
    ),
    "X113": Code(
        "function that is not allowed",
        "Only the functions of a program may be called, each with its number of values.",
        "Use one of them, or a step of the program.",
    ),
    "X114": Code(
        "not a column's name",
        "A name is `table.column` or the name of a step, at most 64 characters each, and never every column.",
        "Name one column.",
    ),
    "X115": Code(
        "brackets that don't match",
        "A bracket or a case is opened and never closed, or closed and never opened.",
        "Add the missing one or take the other out.",
    ),
    "X116": Code(
        "not a whole expression",
        "A value or an operator is missing, or a word stands where it has no meaning.",
        "Complete it at the place that the message names.",
    ),
    "X117": Code(
        "null as a value",
        "Nothing equals null, so a comparison with it is never true.",
        "Write `x is null`; leave out `else` to give an unknown.",
    ),
    "X118": Code(
        "comparisons in a chain",
        "`a < b < c` compares the truth of the first test with c.",
        "Write `a < b and b < c`.",
    ),
    "X119": Code(
        "expression that is not a text",
        "A list, a table or a bare value stands where an expression is due.",
        "Write it as text.",
    ),
    "X131": Code(
        "unknown name",
        "No table, column or step has this name.",
        "Take the suggested name, or declare the column.",
    ),
    "X132": Code(
        "values of different types",
        "A text with a number, money with a plain column, a date with a text: such values can't be compared or mixed.",
        "Compare values of one type. Divide money by money for a number.",
    ),
    "X133": Code(
        "operation that a type does not have",
        "Money times money, the sum of two dates, the order of two texts have no meaning.",
        "Money times or by a number is money; money by money is a number; dates differ in days.",
    ),
    "X134": Code(
        "flag and condition confused",
        "Conditions are joined by and, or, not; a flag is a condition already and is not compared.",
        "Write `partners.active`, not `partners.active = true`; compare other values with something.",
    ),
    "X135": Code(
        "result of the wrong type",
        "The place asks for a condition, an amount or a date, and the expression gives something else.",
        "Write an expression of the type that is due.",
    ),
    "X136": Code(
        "interval in the wrong place",
        "A length of time means something only after a date and a sign.",
        "Write `deals.closed_on + interval '90' day`.",
    ),
    "X137": Code(
        "text that is not a date",
        "A text meets a date or a month, and there is no such day.",
        "Write days as `'2026-01-31'` and months as `'2026-01'`.",
    ),
    "X138": Code(
        "text chosen by a product",
        "Which text it is rests on a product or a quotient, which is worked out apart from the texts of a table: such "
        "a text can be compared, and can't be counted.",
        "Move the condition to `where:`, and count the column alone.",
    ),
    "X139": Code(
        "division by zero",
        "What is divided by nothing is unknown. A divisor that is zero on every row leaves everybody without a value; "
        "one that is zero on some rows is no fault.",
        "Correct the divisor: a number other than zero, a column or a KPI.",
    ),
}

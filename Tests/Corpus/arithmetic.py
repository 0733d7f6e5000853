"""Recomputes the notes' arithmetic: rational where it can be, floating point where it must, never `eval`."""
import ast
import math
import re
from fractions import Fraction

FUNCTIONS = {
    "exp": math.exp, "ln": math.log, "log2": math.log2, "log10": math.log10, "sqrt": math.sqrt,
    "ceil": math.ceil, "floor": math.floor, "min": min, "max": max, "comb": math.comb,
}
EXACT = {"ceil", "floor", "min", "max", "comb"}
OPERATORS = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
}


class ArithmeticFault(Exception):
    """An expression that is malformed, or a result that is not what the note says."""


def _power(base, exponent):
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        if abs(exponent) > 4096:
            raise ArithmeticFault("exponent too large")
        return base ** int(exponent)
    return float(base) ** float(exponent)


def _value(node):
    match node:
        case ast.Expression(body):
            return _value(body)
        case ast.Constant(value) if type(value) is Fraction:
            return value
        case ast.Name("pi"):
            return math.pi
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand)
        case ast.BinOp(left, ast.BitXor(), right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left, operator, right) if type(operator) in OPERATORS:
            a, b = _value(left), _value(right)
            if isinstance(a, float) or isinstance(b, float):
                a, b = float(a), float(b)
            return OPERATORS[type(operator)](a, b)
        case ast.Call(ast.Name(name), arguments, []) if name in FUNCTIONS:
            values = [_value(argument) for argument in arguments]
            if name in EXACT and all(isinstance(value, Fraction) for value in values):
                return Fraction(FUNCTIONS[name](*(int(v) for v in values) if name == "comb" else values))
            return FUNCTIONS[name](*map(float, values))
    raise ArithmeticFault("only numbers, + - * / ^ ( ) and the listed functions are allowed")


def evaluate(expression: str):
    """The value of an expression: a Fraction when every step was rational, else a float."""
    # `^` binds looser than `*` in Python's grammar, so it is parsed as `**` and told apart again below.
    try:
        tree = ast.parse(expression.replace("^", "**"), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise ArithmeticFault(f"cannot parse: {error}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            node.op = ast.BitXor()
        if isinstance(node, ast.Constant):
            literal = ast.get_source_segment(expression.replace("^", "**"), node)
            try:
                node.value = Fraction(literal)
            except (ValueError, TypeError):
                raise ArithmeticFault(f"not a number: {literal}") from None
    try:
        return _value(tree)
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise ArithmeticFault(str(error)) from None


def half_unit(literal: str) -> Fraction:
    """Half a unit of the last digit written; trailing zeros of a whole number count as digits."""
    mantissa, _, exponent = literal.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Fraction(1, 2) * Fraction(10) ** (int(exponent or 0) - decimals)


def check(entry: str) -> str:
    """Checks `expr = value` (exact) or `expr ~ value` (to the last digit). Returns the value as written."""
    match = re.fullmatch(r"(.+?) ([=~]) (-?[0-9.]+(?:e-?[0-9]+)?)", entry)
    if not match:
        raise ArithmeticFault("expected 'expr = value' or 'expr ~ value'")
    expression, relation, literal = match.groups()
    value, stated = evaluate(expression), Fraction(literal)
    if relation == "=" and (isinstance(value, float) or value != stated):
        raise ArithmeticFault(f"{expression} is {float(value):.12g}, not exactly {literal}")
    if relation == "~" and abs(Fraction(value) - stated) > half_unit(literal) * Fraction(1001, 1000):
        raise ArithmeticFault(f"{expression} is {float(value):.12g}, not about {literal}")
    return literal


NUMBER = r"(?:(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?)"
EQUATION = re.compile(
    rf"(?<![\w.,×÷*/^+(−-])(?P<left>(?:[(]\s*)*{NUMBER}(?:[\s()]*[×÷*/+−-][\s()]*{NUMBER})+(?:\s*[)])*) (?P<relation>[=≈]) (?P<right>{NUMBER})(?![\d^]|,\d|\.\d| ?[×÷*/^] ?\d| [+−-] \d)"
)


def equations(text: str) -> list[tuple[str, str]]:
    """Every plain numeric equation in a text, with what is wrong about it ('' when it is right)."""
    found = []
    for match in EQUATION.finditer(text):
        left = match["left"]
        if left.count("(") != left.count(")") or re.search(r"\d[-−]\d", left):
            continue  # a fragment, or a range such as 5-10
        clean = left.translate(str.maketrans({"×": "*", "÷": "/", "−": "-", ",": None}))
        right = match["right"].replace(",", "").replace("−", "-")
        try:
            value = evaluate(clean)
            exact = Fraction(value) == Fraction(right)
            near = abs(Fraction(value) - Fraction(right)) <= half_unit(right) * Fraction(1001, 1000)
            fault = "" if exact or near else f"{left} is {float(value):.10g}, not {match['right']}"
        except ArithmeticFault as error:
            fault = f"{left}: {error}"
        found.append((match.group(), fault))
    return found

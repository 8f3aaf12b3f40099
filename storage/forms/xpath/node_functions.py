"""Functions of expressions that work on nodes: questions, repeats, choices and secondary instances."""

import hashlib
import math

from guanai.storage.forms.xpath.contexts import Context
from guanai.storage.forms.xpath.conversions import Value, to_number, to_string
from guanai.storage.forms.xpath.node_tree import Node, in_document_order
from guanai.storage.forms.xpath.references import absolute, instance_id
from guanai.storage.forms.xpath.signatures import Function, first
from guanai.storage.forms.xpath.trees import ExpressionError

__all__ = ["NODE_FUNCTIONS"]


def instance(context: Context, name: Value) -> list[Node]:
    """Return the secondary instance of an id, the node above its ``root``."""
    list_node = context.environment.instances.get(to_string(name))
    if list_node is None:
        raise ExpressionError("expression.instance", name=to_string(name))
    return [list_node]


def pulldata(context: Context, name: Value, wanted: Value, key: Value, value: Value) -> str:
    """Return one column of the item whose key has a value, "" if there is none."""
    (list_node,) = instance(context, instance_id(to_string(name)))
    items = list_node.items()
    context.environment.work.add(len(items))
    for item in items:
        if any(cell.text == to_string(value) for cell in item.named(to_string(key))):
            return item.text_of(to_string(wanted))
    return ""


def position(context: Context, *values: Value) -> float:
    """Return the position in a predicate, or that of a node among its siblings of the same name."""
    if not values:
        return float(context.position)
    nodes = values[0]
    return float(nodes[0].place) if isinstance(nodes, list) and nodes else math.nan


def count(context: Context, nodes: Value) -> float:
    """Count nodes."""
    return float(len(nodes)) if isinstance(nodes, list) else math.nan


def count_non_empty(context: Context, nodes: Value) -> float:
    """Count the nodes that hold something: an answer, or questions below."""
    if not isinstance(nodes, list):
        return math.nan
    return float(sum(node.text != "" or bool(node.children) for node in nodes))


def once(context: Context, value: Value) -> Value:
    """Return the question's own answer if it has one, otherwise the value."""
    if context.node.text:
        return context.node.text
    return "" if isinstance(value, float) and math.isnan(value) else value


def name(context: Context, *values: Value) -> str:
    """Return the name of the first node; no node of a form has a prefix."""
    nodes = first(context, values)
    return in_document_order(nodes)[0].name if isinstance(nodes, list) and nodes else ""


def selected(context: Context, answers: Value, choice: Value) -> bool:
    """Return whether a choice is among the answers of a select_multiple; the empty choice is if there is none."""
    given, wanted = _words(context, answers), to_string(choice).strip()
    return wanted in given if wanted else not given


def selected_at(context: Context, answers: Value, index: Value) -> str:
    """Return the answer at a place counted from 0, "" if there is none."""
    words, place = _words(context, answers), to_number(index)
    return words[int(place)] if 0 <= place < len(words) else ""


def count_selected(context: Context, answers: Value) -> float:
    """Count the answers of a select_multiple."""
    return float(len(_words(context, answers)))


def _words(context: Context, answers: Value) -> list[str]:
    text = to_string(answers)
    context.environment.work.add_text(len(text))
    return text.split()


def choice_name(context: Context, value: Value, path: Value) -> str:
    """Return the label of a choice of a question named by its path, in the session's language."""
    where = absolute(to_string(path), context.current.path)
    return context.environment.choice_label(where, to_string(value), context.current)


MODULUS = 2_147_483_647
MULTIPLIER = 16_807  # Park and Miller's "minimal standard" generator


def randomize(context: Context, nodes: Value, *seed: Value) -> list[Node]:
    """Shuffle nodes; the same seed gives the same order, here, in Collect and in Enketo."""
    state = _state(context, seed)
    shuffled: list[Node] = []
    for place, node in enumerate(nodes if isinstance(nodes, list) else []):
        state = state * MULTIPLIER % MODULUS
        other = math.floor((state - 1) / (MODULUS - 1) * (place + 1))
        shuffled.append(node)
        if other != place:
            shuffled[place] = shuffled[other]
            shuffled[other] = node
    return shuffled


def _state(context: Context, seed: tuple[Value, ...]) -> int:
    if not seed:
        return context.environment.chance.randrange(1, MODULUS)
    number = to_number(seed[0])
    if math.isfinite(number):
        whole = int(number)
    else:
        text = "" if isinstance(seed[0], float) else to_string(seed[0])
        whole = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True) if text else 0
    state = int(math.fmod(whole, MODULUS)) if abs(whole) < 2**53 else whole - int(whole / MODULUS) * MODULUS
    return state + MODULUS - 1 if state <= 0 else state


NODE_FUNCTIONS = (
    Function("count", 1, 1, count, paths=(0,)),
    Function("count-non-empty", 1, 1, count_non_empty, paths=(0,)),
    Function("count-selected", 1, 1, count_selected),
    Function("current", 0, 0, lambda context: [context.current]),
    Function("depend", 1, None, lambda context, value, *others: value),
    Function("id", 1, 1, lambda context, value: []),  # no node has attributes
    Function("instance", 1, 1, instance),
    Function("is-selected", 2, 2, selected),
    Function("jr:choice-name", 2, 2, choice_name),
    Function("jr:itext", 1, 1, lambda context, value: context.environment.itext(to_string(value))),
    Function("lang", 1, 1, lambda context, value: False),
    Function("last", 0, 0, lambda context: float(context.size)),
    Function("local-name", 0, 1, name, paths=(0,)),
    Function("name", 0, 1, name, paths=(0,)),
    Function("namespace-uri", 0, 1, lambda context, *values: "", paths=(0,)),
    Function("once", 1, 1, once),
    Function("position", 0, 1, position, paths=(0,)),
    Function("pulldata", 4, 4, pulldata),
    Function("randomize", 1, 2, randomize, paths=(0,)),
    Function("selected", 2, 2, selected),
    Function("selected-at", 2, 2, selected_at),
    Function("version", 0, 0, lambda context: context.environment.version),
)

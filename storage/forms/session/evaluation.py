"""The expressions of an item evaluated where it stands; what cannot be evaluated is an error of that item, in words."""

from guanai.care.errors import FormError
from guanai.storage.forms.session.answer_tree import FormNode
from guanai.storage.forms.session.choices import fill_in
from guanai.storage.forms.xlsform.items import Wording
from guanai.storage.forms.xpath.contexts import Environment
from guanai.storage.forms.xpath.conversions import Value
from guanai.storage.forms.xpath.expressions import Expression

__all__ = ["evaluated", "filled_in"]


def evaluated(
    node: FormNode, purpose: str, expression: Expression, environment: Environment, otherwise: Value = ""
) -> Value:
    """Return the value of an expression of an item.

    Where it has more work than an expression may make, or looks for what is not there, that is kept with the item
    (`FormNode.faults`, by purpose) and ``otherwise`` is the value: the form stays usable, and is not saved.
    """
    try:
        value = expression.evaluate(environment, node.xpath_node)
    except FormError as error:
        node.faults[purpose] = error
        return otherwise
    if node.faults:
        node.faults.pop(purpose, None)
    return value


def filled_in(node: FormNode, purpose: str, wording: Wording, environment: Environment) -> str:
    """Return a text with the values of its expressions; without those where one cannot be evaluated."""
    try:
        text = fill_in(wording, node.xpath_node, environment)
    except FormError as error:
        node.faults[purpose] = error
        return "".join(part for part in wording.parts(environment.language) if isinstance(part, str))
    if node.faults:
        node.faults.pop(purpose, None)
    return text

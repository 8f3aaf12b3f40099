"""A form in its author's words: labels as plain text, conditions with ``${names}``, lists of choices.

pyxform puts paths in the place of ``${phone}``; a person who compares two forms wrote the name and looks for it.

>>> as_written("selected( /data/basics/mode , 'door') and  ../age  > 16", {})
"selected(${mode}, 'door') and ${age} > 16"
>>> as_written("instance('village')/root/item[town= /data/town ]", {})
'town= ${town}'
"""

import re
from collections.abc import Mapping

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import ItemSet, Wording
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["as_written", "choices_of", "columns_of_choices", "plain_text"]

_GAP = "…"  # stands for an answer that is filled into a label
_FILTER = re.compile(
    r"^instance\('[^']*'\)/root/item\[(?P<condition>[^\[\]]*)\]$"
)  # made of a cell choice_filter
_TEXT_OR_PATH = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')|(?:current\(\)/)?(?:/data|\.\.)(?:/\.\.|/[^\W\d][\w.-]*)*/(?P<name>[^\W\d][\w.-]*)"""
)


def plain_text(wording: Wording, language: str) -> str:
    """Return a text in a language without its marks, a gap where an answer is filled in."""
    return to_plain(
        "".join(part if isinstance(part, str) else _GAP for part in wording.parts(language))
    ).strip()


def as_written(expression: str, renames: Mapping[str, str]) -> str:
    """Return an expression with ``${name}`` for each path, a renamed question by its new name, texts as they are."""
    names = {old.rpartition("/")[2]: new.rpartition("/")[2] for old, new in renames.items()}

    def name(match: re.Match[str]) -> str:
        return match["text"] or "${" + names.get(match["name"], match["name"]) + "}"

    plain = _TEXT_OR_PATH.sub(name, expression)
    if filtered := _FILTER.match(plain):
        plain = filtered["condition"]
    return re.sub(r" +([,)])", r"\1", re.sub(r"\( +", "(", re.sub(r" {2,}", " ", plain))).strip()


def choices_of(form: Form, itemset: ItemSet, language: str) -> dict[str, str]:
    """Return the choices of a list of the form's own, label by name; none of a list that is kept elsewhere."""
    tree = form.lists.get(itemset.instance)
    if tree is None:
        return {}
    return {item.text_of(itemset.value): _label(form, itemset, item, language) for item in tree.items()}


def columns_of_choices(form: Form, itemset: ItemSet) -> dict[str, dict[str, str]]:
    """Return the other columns of each choice of a form's own list, by name: what a filter reads."""
    tree = form.lists.get(itemset.instance)
    if tree is None:
        return {}
    shown = {itemset.value, itemset.label}
    return {
        item.text_of(itemset.value): {
            cell.name: cell.text for cell in item.children if cell.name not in shown
        }
        for item in tree.items()
    }


def _label(form: Form, itemset: ItemSet, item: Node, language: str) -> str:
    label = item.text_of(itemset.label)
    if itemset.translated:
        label = plain_text(form.wordings.get(label, Wording()), language)
    return label or item.text_of(itemset.value)

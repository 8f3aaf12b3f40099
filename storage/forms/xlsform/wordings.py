"""The texts of an XForm in each language: labels, hints and messages, with the answers that are filled into them."""

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from guanai.storage.forms.xlsform.headings import language_code
from guanai.storage.forms.xlsform.items import Wording
from guanai.storage.forms.xpath.expressions import Expression, compile_expression
from guanai.templates.wording import LANGUAGES, say

__all__ = ["XFORMS", "Wordings", "catalogue_wording"]

XFORMS = "{http://www.w3.org/2002/xforms}"
_ITEXT = re.compile(r"^jr:itext\('(.*)'\)$")
_UNTRANSLATED = ("-",)  # what pyxform writes for a text that a language lacks
_WITHOUT_LANGUAGE = "zh"

_Parts = tuple[str | Expression, ...]


class Wordings:
    """The texts of one form by the id that the XForm gives them, and the codes of its languages by name.

    With ``other_added`` the lists hold a choice "Other" that no author wrote; its label is taken from the catalogue.
    """

    def __init__(self, model: Element, *, other_added: bool) -> None:
        self._model = model
        self.codes: dict[str, str] = {}
        texts: dict[str, dict[str, _Parts]] = defaultdict(dict)
        for translation in model.iter(f"{XFORMS}translation"):
            language = translation.get("lang", "")
            code = self.codes.setdefault(language, language_code(language))
            for text in translation:
                parts = _itext(text)
                if parts and parts != _UNTRANSLATED:
                    texts[text.get("id", "")][code] = parts
        self.by_id = {key: Wording(parts) for key, parts in texts.items()}
        if other_added:
            others = [key for key, parts in texts.items() if set(parts.values()) == {("Other",)}]
            self.by_id.update(dict.fromkeys(others, catalogue_wording("form.other")))

    def of_choices(self) -> dict[str, Wording]:
        """Return the labels of choices by id; those of questions have a path for an id."""
        return {key: wording for key, wording in self.by_id.items() if not key.startswith("/")}

    def of_element(self, element: Element | None) -> Wording:
        """Return what a label or hint element says."""
        if element is None:
            return Wording()
        return self._itext_or(element.get("ref", ""), _words(element))

    def of_message(self, message: str | None) -> Wording:
        """Return the message of a bind, which is an id or the text itself."""
        return self._itext_or(message or "", (message,) if message else ())

    def _itext_or(self, reference: str, words: _Parts) -> Wording:
        if itext := _ITEXT.match(reference):
            return self.by_id.get(itext[1], Wording())
        return Wording({_WITHOUT_LANGUAGE: words}) if words else Wording()

    def expressions_of_list(self, instance: str) -> Iterator[Expression]:
        """Yield the expressions in the labels of a list of choices."""
        for element in self._model.findall(f"{XFORMS}instance"):
            if element.get("id") == instance:
                for item in element.iter(f"{XFORMS}itextId"):
                    yield from self.by_id.get(item.text or "", Wording()).expressions()


def catalogue_wording(key: str) -> Wording:
    """Return a text of the catalogue as a form's own."""
    return Wording({code: (say(key, code),) for code in LANGUAGES})


def _itext(text: Element) -> _Parts:
    """Return the parts of an itext entry; a guidance hint is a line of its own below the hint."""
    parts: list[str | Expression] = []
    for value in text.findall(f"{XFORMS}value"):
        shown = _words(value)
        # A picture or sound of the form's own is shown by its name.
        if value.get("form") not in (None, "guidance"):
            shown = (f"〔{(value.text or '').rpartition('/')[2].strip()}〕",)
        parts += ["\n"] if parts else []
        parts += shown
    return tuple(parts)


def _words(element: Element) -> _Parts:
    """Return text and expressions in turn, without the spaces that pyxform puts around them."""
    parts: list[str | Expression] = [(element.text or "").lstrip()]
    for output in element:
        parts += [compile_expression(output.get("value", "").strip()), output.tail or ""]
    if isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return tuple(part for part in parts if part != "")

"""The expressions of a form (relevant, constraint, calculate, choice_filter …), compiled once and evaluated often.

>>> from guanai.storage.forms.nodes import Node
>>> data = Node("data")
>>> age = data.add("age", "17", type="int")
>>> compile_expression(". >= 16 and . < 18").evaluate(Environment(), age)
True

What a caller needs:

- ``compile_expression(text, place=None) -> Expression`` (cached). Raises FormError, with the place given,
  for a syntax error, an unknown or refused function, a wrong number of arguments, an unknown axis.
- ``Expression.evaluate(environment, node) -> str | float | bool | list[Node]``; beside it ``.string``,
  ``.number``, ``.boolean`` and ``.nodes`` with the same arguments, which convert as XPath and JavaRosa do.
  ``node`` is the context: the question's own node, or for a choice the item.
- ``Expression.references(at) -> frozenset[str]``: the absolute paths that it reads when it stands at the
  path ``at`` (``/data/grp/name``; no positions in them). A path ending in ``/*`` or ``//*`` stands for all
  children or descendants; ``/`` alone means that it may read anything.
- ``Expression.instances``: ids of the secondary instances that it reads; ``Expression.volatile``: whether it
  uses the clock or chance, so that the same answers can give another value.
- ``Environment``: the clock (``now``), secondary instances by id, language and the look-ups of labels. One per session.
- ``Node`` (guanai.storage.forms.nodes): ``Node(name, value, type=…)``, ``parent.add(name, value, type=…)``,
  ``parent.insert(index, child)``, ``parent.remove(child)``, ``node.value = "text"``, ``node.relevant``,
  ``node.repeat = True`` on each instance of a repeat. Give each question of the form its bind type.
"""

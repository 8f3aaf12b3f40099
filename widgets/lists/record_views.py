"""One record to read: its answers, who changed what when, and what can be done with it."""

from collections.abc import Callable, Iterable, Mapping
from html import escape

from guanai.storage.database.history import Change
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.reports.printout import PrintField, PrintSection
from guanai.storage.reports.record_printout import record_sections
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, html, set_visible
from guanai.widgets.base.links import links_html
from guanai.widgets.base.value_labels import Labels, Record
from guanai.widgets.form.attachment_fields import address
from guanai.widgets.form.drafts import local_time
from guanai.widgets.lists.deleted import DeleteButton
from guanai.widgets.lists.numbers import MaskedNumbers, Reveal, masked_change, masked_record
from guanai.widgets.lists.timelines import changes, phone_link, timeline_html

__all__ = ["RecordView", "sections_html"]


def sections_html(sections: Iterable[PrintSection]) -> str:
    """Return the sections of a record as HTML, every text escaped."""
    return "".join(
        f'<section class="guanai-part">{_title(section)}{_inside(section)}</section>' for section in sections
    )


def _title(section: PrintSection) -> str:
    return f"<h3>{escape(section.title)}</h3>" if section.title else ""


def _inside(section: PrintSection) -> str:
    if not section.headings:
        return f'<dl class="guanai-pairs">{"".join(map(_pair, section.fields))}</dl>'
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in section.headings)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{escape(label)}">{escape(text)}</td>'
            for label, text in zip(section.headings, row, strict=True)
        )
        + "</tr>"
        for row in section.rows
    )
    return f'<div class="guanai-scroll"><table class="guanai-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _pair(field: PrintField) -> str:
    broad = ' class="guanai-broad"' if field.is_full_width else ""
    if field.kind == "note":
        return f"<div{broad}><dd>{escape(field.text)}</dd></div>"
    if field.picture:
        url = escape(address(field.picture))
        inside = f'<a href="{url}" target="_blank"><img class="guanai-small-picture" alt="{escape(field.picture)}" src="{url}"></a>'
    elif field.kind == "file":
        inside = f'<a href="{escape(address(field.text))}" target="_blank">{escape(field.text)}</a>'
    elif field.key.endswith("phone"):
        inside = phone_link(field.text)
    else:
        inside = escape(field.answer)
    return f"<div{broad}><dt>{escape(field.label)}</dt><dd>{inside}</dd></div>"


class RecordView(Panel):
    """A record of any form with its history, links to other pages, and the button that deletes or restores it.

    ``label`` is its name; ``history`` its changes; ``links`` addresses by
    their text. ``on_delete`` and ``on_restore`` take no argument, without both there is no such button; ``deleted`` says that the record is in the bin.
    Answers to removed questions come last. ``warning`` is shown before deleting. With ``reveal`` (see `MaskedNumbers`)
    identity and telephone numbers are masked until a click.
    """

    def __init__(
        self,
        form: FormDefinition,
        record: Record,
        *,
        label: str,
        history: Iterable[Change] = (),
        links: Mapping[str, str] | None = None,
        on_delete: Callable[[], object] | None = None,
        on_restore: Callable[[], object] | None = None,
        deleted: bool = False,
        warning: str = "",
        reveal: Reveal | None = None,
    ) -> None:
        super().__init__("guanai-record-view")
        numbers = [MaskedNumbers(record, form, reveal)] if reveal is not None else []
        if reveal is not None:
            record, history = masked_record(record), [masked_change(change) for change in history]
        title = escape(form.title(spoken()))
        self.head = html(
            f'<h2>{title} <small class="guanai-called">{escape(label)}</small></h2>'
            f'<p class="guanai-soft">{self._stamps(record)}</p>'
        )
        self.links = html(links_html(links or {}))
        sections = record_sections(form, record, spoken(), answered=True)
        self.answers = html(sections_html(sections))
        events = list(changes(history, Labels(form), words="history.kind_"))
        self.history = html(
            f'<details class="guanai-part guanai-history" open><summary><h3>{escape(say("history.title"))}'
            f' <span class="guanai-badge">{len(events)}</span></h3></summary>{timeline_html(events)}</details>'
        )
        self.deletion: DeleteButton | None = None
        if on_delete is not None and on_restore is not None:
            # The links to other pages are hidden while the record is deleted.
            self.deletion = DeleteButton(
                label,
                on_delete,
                on_restore,
                warning=warning,
                on_change=lambda deleted: set_visible(self.links, not deleted),
            )
            if deleted:
                self.deletion.show_deleted()
        last = [self.deletion] if self.deletion is not None else []
        self.fill_with(self.head, self.links, self.answers, *numbers, self.history, *last)

    def _stamps(self, record: Record) -> str:
        """Return who made the record and who changed it last."""
        stamps = [
            say(f"history.{key}", by=record.get(f"{key}_by") or "—", at=local_time(record[f"{key}_at"]))
            for key in ("created", "updated")
            if record.get(f"{key}_at")
            and (key == "created" or record["updated_at"] != record.get("created_at"))
        ]
        return escape(" · ".join(stamps))

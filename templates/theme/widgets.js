// What ipywidgets leaves out for keyboards and screen readers, and a warning before unsaved answers are left.
"use strict";
(() => {
  let count = 0;
  const fresh = () => `guanai-${++count}`;

  // A group of radio buttons or boxes has a name, and the arrow keys move within one group.
  function nameGroup(group, label) {
    label.id ||= fresh();
    group.setAttribute("aria-labelledby", label.id);
  }
  function radios(field) {
    const group = field.querySelector(".widget-radio-box");
    const label = field.querySelector(":scope > .widget-label");
    if (!group || !label) return;
    group.setAttribute("role", "radiogroup");
    nameGroup(group, label);
    group.dataset.name ||= fresh();
    for (const radio of group.querySelectorAll("input[type=radio]")) radio.name = group.dataset.name;
    for (const choice of group.querySelectorAll("label")) {
      if (choice.tabIndex === -1 && choice.hasAttribute("tabindex")) continue;
      choice.tabIndex = -1; // the kernel puts the focus on the first label: hand it to the button inside
      choice.addEventListener("focus", () => (group.querySelector("input:checked") ?? choice.querySelector("input")).focus());
    }
  }
  function ticks(field) {
    const label = field.querySelector(".guanai-legend-text") ?? field.querySelector(".widget-label");
    if (!label) return;
    field.setAttribute("role", "group");
    nameGroup(field, label);
  }
  function states(field) {
    const wrong = field.matches(".guanai-wrong, .guanai-wrong *");
    const required = Boolean(field.querySelector(":scope > .widget-label .guanai-star"));
    for (const control of field.querySelectorAll(":scope > input, :scope > select, :scope > textarea, :scope > [role=radiogroup]")) {
      wrong ? control.setAttribute("aria-invalid", "true") : control.removeAttribute("aria-invalid");
      required ? control.setAttribute("aria-required", "true") : control.removeAttribute("aria-required");
    }
  }
  function mend() {
    for (const field of document.querySelectorAll(".guanai .widget-radio")) radios(field);
    for (const field of document.querySelectorAll(".guanai .guanai-group-of-ticks")) ticks(field);
    for (const field of document.querySelectorAll(".guanai .guanai-field")) states(field);
  }

  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mend(); });
  }
  new MutationObserver(soon).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["class"],
  });

  let meant = false; // a page that cannot be saved any more has said itself what is kept
  addEventListener("click", ({ target }) => { if (target instanceof Element && target.closest(".lost a")) meant = true; }, true);
  addEventListener("beforeunload", (event) => {
    // What stands in the field under the cursor is told to the kernel, which keeps it like every other field.
    if (document.activeElement?.closest(".guanai-form")) document.activeElement.blur();
    if (!meant && document.querySelector(".guanai-form.guanai-dirty")) event.preventDefault();
  });
})();

// Pinyin that is half typed stays in the browser: while an input method composes, widgets hear nothing of it.
for (const type of ["input", "keydown", "keypress", "keyup"]) {
  addEventListener(type, (event) => { if (event.isComposing) event.stopImmediatePropagation(); }, true);
}
addEventListener("compositionend", ({ target }) => {
  // After the browser's own last event, which may still count as composing.
  setTimeout(() => target.dispatchEvent(new Event("input", { bubbles: true })));
}, true);

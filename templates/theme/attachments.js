// A file that the connection could not carry is refused before it is sent: sent, it would end the page's connection.
"use strict";
(() => {
  let field = null; // the question whose button was pressed last; the box of files itself stands in no page
  let chosen = 0; // bytes of the files that were chosen at once: they travel together
  addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest(".guanai-upload");
    if (!button) return;
    field = button.closest(".guanai-attachment");
    field?.querySelector(".guanai-too-large")?.remove();
    chosen = 0;
  }, true);

  const megabytes = (size) => `${(size / 1024 / 1024).toFixed(1)} MB`;
  function refuse(file, told) {
    const said = document.createElement("p");
    said.className = "guanai-too-large guanai-error";
    said.setAttribute("role", "alert");
    said.textContent = told.dataset.text.replace("{name}", file.name).replace("{size}", megabytes(file.size));
    field.querySelector(".guanai-too-large")?.remove();
    told.parentElement.append(said);
  }
  const read = FileReader.prototype.readAsArrayBuffer;
  FileReader.prototype.readAsArrayBuffer = function (file) {
    const told = field?.querySelector(".guanai-most");
    chosen += file.size;
    if (!told || chosen <= Number(told.dataset.most)) return read.call(this, file);
    refuse(file, told); // nothing is sent, not even a word of it: ipywidgets would tell a reason that no kernel takes
  };

  // ipywidgets writes behind the button how many files it holds: here none, since they are kept as soon as they come.
  new MutationObserver(() => {
    for (const button of document.querySelectorAll(".guanai-upload")) {
      const text = button.textContent.replace(/ \(\d+\)$/, "");
      if (text !== button.textContent) button.textContent = text;
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();

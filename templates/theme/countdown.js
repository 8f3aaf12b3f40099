// Emergencies: how long each step still has, counted in the browser alone. And lists that ask to be printed.
"use strict";
(() => {
  const opened = Date.now();

  // A length of time in the words of the page: days and hours if there are any, then minutes, seconds below an hour.
  const worded = (seconds, units) => {
    const parts = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
    const first = parts.findIndex((number) => number > 0);
    const from = first < 0 ? 3 : first;
    return parts.slice(from, from < 2 ? 3 : 4).map((number, place) => `${number} ${units[from + place]}`).join(" ");
  };

  const tick = () => {
    const box = document.getElementById("emergencies");
    if (!box) return;
    const units = box.dataset.units.split("、");
    const now = Number(box.dataset.now) + Date.now() - opened;  // by the server's clock: this one may be wrong
    for (const mark of box.querySelectorAll("[data-until]")) {
      const left = Math.round((Number(mark.dataset.until) - now) / 1000);
      const late = left < 0;
      mark.textContent = `${late ? box.dataset.late : box.dataset.left} ${worded(Math.abs(left), units)}`;
      mark.closest(".step").classList.toggle("step-late", late);
      if (late) mark.closest(".emergency").classList.add("emergency-late");
    }
  };
  setInterval(tick, 1000);
  tick();

  new MutationObserver(() => {
    const sheet = document.querySelector("[data-print-now]");
    if (!sheet) return;
    sheet.removeAttribute("data-print-now");
    requestAnimationFrame(() => window.print());
  }).observe(document.documentElement, { childList: true, subtree: true });
})();

// What a page says while it opens and when its connection is lost, and how it says goodbye to its kernel.
"use strict";
(() => {
  const words = JSON.parse(document.getElementById("page-words").textContent);
  const find = (id) => document.getElementById(id);
  const SLOW_AFTER = 30000;
  const slow = setTimeout(() => { if (find("loading_slow")) find("loading_slow").hidden = false; }, SLOW_AFTER);

  window.pageOpening = (done, all) => {
    if (!find("loading")) return;
    if (done === 1) document.querySelector(".bar-pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    find("loading_text").textContent = words.step.replace("{done}", done).replace("{all}", all);
    find("loading_bar").max = all + 1;
    find("loading_bar").value = done;
  };

  // Voila's bundle calls these: the heartbeat while a cell takes long, the finish when its theme is there.
  window.voila_heartbeat = () => {};
  window.voila_finish = () => {
    if (!window.themeLoaded || !window.cellLoaded) return;
    clearTimeout(slow);
    find("loading")?.remove();
    find("rendered_cells").hidden = false;
    watchConnection();
  };
  // The server calls this when it cannot finish the page; what went wrong stands in the page already.
  window.pageFailed = () => { clearTimeout(slow); find("loading")?.remove(); };
  window.pageComplete = () => { window.cellLoaded = true; window.voila_finish(); };

  const LOST_AFTER = 4000;
  let lost;
  function watchConnection() {
    const kernel = window.jupyterapp?.widgetManager?.kernel;
    if (!kernel) { setTimeout(watchConnection, 200); return; }
    const say = () => {
      clearTimeout(lost);
      if (kernel.connectionStatus === "connected" && kernel.status !== "dead") find("lost").hidden = true;
      else lost = setTimeout(() => { find("lost").hidden = false; }, LOST_AFTER);
    };
    kernel.connectionStatusChanged.connect(say);
    kernel.statusChanged.connect(say);
  }

  // Voila's bundle ends the kernel when the browser is about to ask "leave this page?", before anybody has
  // answered. Its listener is the one added after the page has been read; here the kernel ends when the page goes.
  const listen = window.addEventListener.bind(window);
  window.addEventListener = (type, ...rest) => {
    if (type !== "beforeunload" || document.readyState === "loading") listen(type, ...rest);
  };
  listen("pagehide", () => {
    const settings = find("jupyter-config-data");
    if (!settings) return;
    const { baseUrl, kernelId } = JSON.parse(settings.textContent);
    const form = new FormData();
    form.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)\b/)?.[1] ?? "");
    navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, form);
  });
  listen("pageshow", (event) => { if (event.persisted) location.reload(); });
})();

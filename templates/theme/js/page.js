// A page from its first byte to its last: `guanai.push(step)` comes from the template as the server gets there.
import { Kernel } from "./kernel.js";
import { Manager } from "./manager.js";
import { connection, opened, opening, say } from "./notices.js";
import { renderOutput } from "./outputs.js";
import "./typing.js";

const OUTPUT = 'script[type="application/vnd.voila.cell-output+json"]';
const REFRESH_AFTER = 1500;
const read = (script) => JSON.parse(script.textContent);
let kernel;
let manager;
let all;
let finished = false;

document.querySelector(".bar-pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// 更多 folds again when somebody goes on elsewhere.
const more = document.querySelector(".bar-more");
addEventListener("pointerdown", ({ target }) => { if (more && !more.contains(target)) more.open = false; });
addEventListener("keydown", ({ key }) => {
  if (!more?.open || key !== "Escape") return;
  if (more.contains(document.activeElement)) more.querySelector("summary").focus();
  more.open = false;
});

const steps = {
  kernel() {
    const { baseUrl, kernelId, cells, vega } = read(document.getElementById("jupyter-config-data"));
    all = cells;
    kernel = new Kernel(baseUrl, kernelId);
    manager = new Manager(kernel, say);
    manager.vega = vega;
    kernel.onState = (state, doubt) => {
      connection(state, doubt);
      if (state === "live") setTimeout(() => requestIdleCallback(refresh), REFRESH_AFTER);
      if (state === "back") refresh();
    };
    kernel.onStray = ({ header, content }) => {
      if (header.msg_type === "error") console.error(content.evalue);
      if (header.msg_type === "stream") console.log(content.text);
    };
    kernel.connect();
    window.guanai.manager = manager;
  },
  cell(number) {
    const cell = document.querySelector(`[data-cell="${number}"]`);
    for (const states of cell.querySelectorAll("script.states")) manager.add(read(states));
    for (const output of cell.querySelectorAll(OUTPUT)) renderOutput(read(output), output.parentNode, manager);
    if (cell.querySelector(OUTPUT)) document.documentElement.classList.add("shown");
    opening(number, all);
  },
  whole() {
    finished = true;
    kernel.opening = false;
    opened();
  },
  failed() {
    finished = true;
    opened();
    kernel?.end("failed");
  },
};

function refresh() {
  if (kernel.live && !kernel.opening) manager.refresh().catch(console.error);
  else if (!kernel.over) setTimeout(refresh, REFRESH_AFTER);
}
globalThis.requestIdleCallback ??= setTimeout;

function step(name) {
  const [what, number] = name.split(" ");
  steps[what](Number(number));
}
const before = window.guanai;
window.guanai = { push: step };
before.forEach(step);

// A page that was cut off on its way does not become whole by waiting.
function end() {
  if (finished) return;
  opened();
  if (kernel) kernel.end("cut");
  else connection("cut");
}
document.readyState === "loading" ? addEventListener("DOMContentLoaded", end) : end();

addEventListener("pagehide", () => {
  if (!kernel) return;
  kernel.over = true;
  const form = new FormData();
  form.append("_xsrf", document.cookie.match(/\b_xsrf=([^;]*)\b/)?.[1] ?? "");
  navigator.sendBeacon(`${kernel.base}voila/api/shutdown/${kernel.id}`, form);
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

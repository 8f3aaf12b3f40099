// What cells and Output widgets show: text, HTML, pictures, scripts, widgets.
import { JupyterLuminoWidget } from "@jupyter-widgets/base";
import { OutputModel as BaseModel, OutputView as BaseView } from "@jupyter-widgets/output";

const VIEW = "application/vnd.jupyter.widget-view+json";
const COLOURS = ["#000", "#a8321f", "#1f6f54", "#8a5a00", "#1c4f9c", "#8a2f8a", "#146e7a", "#667"];
const joined = (text) => (Array.isArray(text) ? text.join("") : String(text));
const nonce = document.querySelector("script[nonce]")?.nonce ?? "";

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// Text with the colours of a terminal; every other control sequence is left out.
function printed(text, className) {
  const place = element("pre", `printed ${className}`);
  let style = "";
  for (const part of joined(text).split(/(\x1b\[[\d;]*[A-Za-z])/)) {
    const codes = /^\x1b\[([\d;]*)m$/.exec(part);
    if (codes) {
      const code = codes[1].split(";").map(Number).findLast((number) => number >= 30 && number <= 37);
      style = code === undefined ? "" : `color:${COLOURS[code - 30]}`;
    } else if (part && !part.startsWith("\x1b[")) {
      const piece = element("span", "", part);
      piece.style.cssText = style;
      place.append(piece);
    }
  }
  return place;
}

function script(text, attributes = []) {
  const made = document.createElement("script");
  for (const { name, value } of attributes) made.setAttribute(name, value);
  made.nonce = nonce;
  made.textContent = text;
  return made;
}

// The author of a notebook may put scripts into a cell's HTML; innerHTML alone would not run them.
function markup(html) {
  const place = element("div", "jp-RenderedHTMLCommon");
  place.innerHTML = joined(html);
  for (const found of place.querySelectorAll("script")) found.replaceWith(script(found.textContent, found.attributes));
  return place;
}

function picture(kind, data) {
  const made = new Image();
  made.alt = "";
  made.src = `data:${kind};base64,${joined(data)}`;
  return made;
}

const RENDERERS = [
  ["text/html", markup],
  ["image/svg+xml", markup],
  ["image/png", (data) => picture("image/png", data)],
  ["image/jpeg", (data) => picture("image/jpeg", data)],
  ["image/gif", (data) => picture("image/gif", data)],
  ["application/javascript", (data) => script(joined(data))],
  ["text/markdown", (data) => printed(data, "")],
  ["text/latex", (data) => printed(data, "")],
  ["text/plain", (data) => printed(data, "")],
];

const CHART = /^application\/vnd\.vega(?:lite)?\.v\d+\+json$/;
async function chart(kind, spec, place, manager) {
  const inner = element("div", "chart");
  place.append(inner);
  try {
    await (await import(manager.vega)).draw(inner, spec, kind);
  } catch (error) {
    console.error(error);
    inner.textContent = manager.say("unshown");
  }
}

export function renderOutput(output, place, manager) {
  const drawn = Object.keys(output.data ?? {}).find((kind) => CHART.test(kind));
  if (output.output_type === "stream") place.append(printed(output.text, output.name));
  else if (output.output_type === "error") place.append(printed((output.traceback ?? []).join("\n"), "stderr"));
  else if (drawn) chart(drawn, output.data[drawn], place, manager);
  else if (output.data?.[VIEW]) {
    const inner = element("div");
    place.append(inner);
    manager.show(output.data[VIEW].model_id, inner);
  } else {
    const [kind, render] = RENDERERS.find(([kind]) => output.data?.[kind] !== undefined) ?? [];
    if (render) place.append(render(output.data[kind]));
  }
}

export class OutputModel extends BaseModel {
  defaults() { return { ...super.defaults(), msg_id: "", outputs: [] }; }
  initialize(attributes, options) {
    super.initialize(attributes, options);
    this.ids = {};
    this.taker = (message) => this.receive(message);
    this.listenTo(this, "change:msg_id", this.listen);
    this.listen();
  }
  listen() {
    const { kernel } = this.widget_manager;
    if (this.heard) kernel.unhook(this.heard, this.taker);
    this.heard = this.get("msg_id");
    if (this.heard) kernel.hook(this.heard, this.taker);
  }
  close(closed) {
    if (this.heard) this.widget_manager.kernel.unhook(this.heard, this.taker);
    return super.close(closed);
  }
  receive({ header: { msg_type: type }, content }) {
    if (type === "clear_output") {
      this.clearing = content.wait;
      if (!content.wait) this.keep([]);
      return;
    }
    const before = this.clearing ? [] : this.get("outputs");
    const id = content.transient?.display_id;
    if (type === "stream") {
      const last = before.at(-1);
      const grows = last?.output_type === "stream" && last.name === content.name;
      const text = (grows ? joined(last.text) : "") + content.text;
      this.keep([...(grows ? before.slice(0, -1) : before), { output_type: type, name: content.name, text }]);
    } else if (type === "error") {
      const { ename, evalue, traceback } = content;
      this.keep([...before, { output_type: type, ename, evalue, traceback }]);
    } else if (type === "display_data" || type === "execute_result") {
      if (id) this.ids[id] = before.length;
      const more = type === "execute_result" ? { execution_count: content.execution_count ?? null } : {};
      this.keep([...before, { output_type: type, data: content.data, metadata: content.metadata, ...more }]);
    } else if (type === "update_display_data" && before[this.ids[id]]) {
      const { data, metadata } = content;
      this.keep(before.map((one, index) => (index === this.ids[id] ? { ...one, data, metadata } : one)));
    }
  }
  keep(outputs) {
    this.clearing = false;
    this.set("outputs", outputs);
    this.save_changes();
  }
}

export class OutputView extends BaseView {
  _createElement() {
    this.luminoWidget = new JupyterLuminoWidget({ view: this });
    return this.luminoWidget.node;
  }
  _setElement() { this.el = this.luminoWidget.node; }
  render() {
    super.render();
    this.el.classList.add("jupyter-widgets", "widget-output");
    this.listenTo(this.model, "change:outputs", this.draw);
    this.draw();
  }
  draw() {
    this.el.textContent = "";
    for (const output of this.model.get("outputs") ?? []) renderOutput(output, this.el, this.model.widget_manager);
  }
}
export const OUTPUT_WIDGET_VERSION = "1.0.0";

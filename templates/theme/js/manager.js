// ipywidgets' own manager over our kernel: models come with the page, views are put where the cells' outputs are.
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as base from "@jupyter-widgets/base";
import * as controls from "@jupyter-widgets/controls";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { Comm } from "./kernel.js";
import * as output from "./outputs.js";

const MODULES = {
  "@jupyter-widgets/base": () => base,
  "@jupyter-widgets/controls": () => controls,
  "@jupyter-widgets/output": () => output,
  anywidget: async () => (await import("anywidget")).default(base),
};
const loaded = {};

function bytes(base64) {
  return new DataView(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
}

export class Manager extends ManagerBase {
  constructor(kernel, say) {
    super();
    Object.assign(this, { kernel, say });
    this.shown = new Set();
    this.touched = null; // models changed here while states are on their way
    kernel.onOpen = (message) => {
      const { comm_id, target_name } = message.content;
      if (target_name !== "jupyter.widget" || this.has_model(comm_id)) return;
      this.handle_comm_open(new Comm(kernel, target_name, comm_id), message).catch(console.error);
    };
    addEventListener("resize", () => {
      for (const view of this.shown) MessageLoop.postMessage(view.luminoWidget, Widget.ResizeMessage.UnknownSize);
    });
  }

  async loadClass(name, module) {
    if (!MODULES[module]) throw new Error(`${module} needs the whole of JupyterLab: give the notebook's metadata guanai.page "full"`);
    const found = (await (loaded[module] ??= MODULES[module]()))[name];
    if (!found) throw new Error(`no ${name} in ${module}`);
    return found;
  }

  async _create_comm(target, id, data, metadata, buffers) {
    const comm = new Comm(this.kernel, target, id);
    if (data || metadata) comm.open(data, {}, metadata, buffers);
    return comm;
  }
  async _get_comm_info() { return {}; }

  // {id: {state, buffers: [{path, data}]}}; a model that is there already is brought up to date
  add(states) {
    for (const [id, { state, buffers = [] }] of Object.entries(states)) {
      base.put_buffers(state, buffers.map(({ path }) => path), buffers.map(({ data }) => bytes(data)));
      this.take(id, state, state._model_name, state._model_module).catch(console.error);
    }
  }

  async take(id, state, model_name, model_module) {
    if (!this.has_model(id)) {
      const comm = new Comm(this.kernel, "jupyter.widget", id);
      await this.new_model({ model_name, model_module, model_module_version: "", model_id: id, comm }, state);
      return;
    }
    const model = await this.get_model(id);
    const known = await model.constructor._deserialize_state(state, this);
    if (!this.touched?.has(id)) model.set_state(known);
  }

  // Everything as the kernel has it: one message, after a lost connection and once after opening.
  async refresh() {
    const comm = new Comm(this.kernel, "jupyter.widget.control");
    comm.open({}, {}, { version: "1.0.0" });
    this.touched = new Set();
    const { content, buffers } = await new Promise((resolve) => {
      comm.on_msg(resolve);
      comm.send({ method: "request_states" });
    });
    comm.close();
    const { states, buffer_paths } = content.data;
    const [paths, found] = [{}, {}];
    buffer_paths.forEach(([id, ...path], index) => {
      (paths[id] ??= []).push(path);
      (found[id] ??= []).push(buffers[index]);
    });
    const work = Object.entries(states).map(([id, { state, model_name, model_module }]) => {
      base.put_buffers(state, paths[id] ?? [], found[id] ?? []);
      // How often a model is on the page, the page itself knows better.
      delete state._view_count;
      return this.take(id, state, model_name, model_module);
    });
    await Promise.allSettled(work);
    this.touched = null;
  }

  async show(id, place) {
    try {
      const view = await this.create_view(await this.get_model(id));
      Widget.attach(view.luminoWidget, place);
      this.shown.add(view);
      view.once("remove", () => this.shown.delete(view));
    } catch (error) {
      console.error(error);
      place.textContent = this.say("unshown");
    }
  }
}

const send = base.WidgetModel.prototype.send_sync_message;
base.WidgetModel.prototype.send_sync_message = function (...rest) {
  this.widget_manager.touched?.add(this.model_id);
  return send.apply(this, rest);
};

// While an earlier change is being answered, ipywidgets keeps the later ones back, but not the click that comes after
// them: what was typed last goes before it.
const held = new Set();
const { sync, send: say } = base.WidgetModel.prototype;
base.WidgetModel.prototype.sync = function (...rest) {
  const done = sync.apply(this, rest);
  if (this._msg_buffer) held.add(this);
  return done;
};
base.WidgetModel.prototype.send = function (...rest) {
  for (const model of held) {
    if (!model._msg_buffer) continue;
    model.rememberLastUpdateFor(model.send_sync_message(model._msg_buffer, model._msg_buffer_callbacks));
    model._msg_buffer = model._msg_buffer_callbacks = null;
  }
  held.clear();
  return say.apply(this, rest);
};

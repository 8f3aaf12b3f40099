// One websocket to the page's kernel, in Jupyter's binary protocol: messages of widgets, and the way back after a loss.
import { Silence } from "./silence.js";

const PROTOCOL = "v1.kernel.websocket.jupyter.org";
const WAITS = [250, 1000, 2000, 3000, 5000];
const GREETINGS = [60, 120, 250, 500];
const WELCOMED = 40;
const ASKED = 4000; // how long the server may take to say what has become of a kernel
const BLOCKED = 3; // so many lines that never open, while the server answers otherwise: something on the way keeps them out
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function freshId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function packed({ channel, header, metadata, content, buffers }) {
  const texts = [JSON.stringify(header), "{}", JSON.stringify(metadata), JSON.stringify(content)];
  const parts = [encoder.encode(channel), ...texts.map((text) => encoder.encode(text))];
  for (const buffer of buffers) {
    const whole = ArrayBuffer.isView(buffer);
    parts.push(whole ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer));
  }
  let end = 8 * (parts.length + 2);
  const offsets = [end, ...parts.map((part) => (end += part.byteLength))];
  const bytes = new Uint8Array(end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(offsets.length), true);
  offsets.forEach((offset, index) => view.setBigUint64(8 * (index + 1), BigInt(offset), true));
  parts.forEach((part, index) => bytes.set(part, offsets[index]));
  return bytes;
}

function unpacked(data) {
  const view = new DataView(data);
  const count = Number(view.getBigUint64(0, true));
  const offsets = Array.from({ length: count }, (_, index) => Number(view.getBigUint64(8 * (index + 1), true)));
  const read = (index) => decoder.decode(new Uint8Array(data, offsets[index], offsets[index + 1] - offsets[index]));
  const [header, parent_header, metadata, content] = [1, 2, 3, 4].map((index) => JSON.parse(read(index)));
  const buffers = [];
  for (let index = 5; index < count - 1; index++) {
    buffers.push(new DataView(data, offsets[index], offsets[index + 1] - offsets[index]));
  }
  return { channel: read(0), header, parent_header, metadata, content, buffers };
}

// What a page has sent and not heard back of.
class Errand {
  constructor(content, socket, size, more) {
    Object.assign(this, { content, socket, size, more });
  }
  get isUpdate() { return this.content?.data?.method === "update"; }
  get isClick() { return this.content?.data?.content?.event === "click"; }
  done(message) { this.more.callbacks.iopub?.status?.(message); }
}

export class Kernel {
  constructor(base, id) {
    Object.assign(this, { base, id, session: freshId(), live: false, over: false, opening: true, tries: 0, refused: 0 });
    this.comms = new Map();
    this.hooks = new Map(); // message id -> takers of what is printed and shown because of it
    this.errands = new Map();
    this.waiting = []; // what the page wants to say before it is heard
    this.onState = this.onOpen = this.onStray = () => {};
    this.silence = new Silence(this);
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => this.#hurry());
    addEventListener("offline", () => this.drop());
  }

  connect() {
    const address = `${location.origin.replace(/^http/, "ws")}${this.base}api/kernels/${this.id}/channels?greets=1&session_id=${this.session}`;
    const socket = (this.socket = new WebSocket(address, [PROTOCOL]));
    socket.binaryType = "arraybuffer";
    this.silence.heard();
    this.refused += 1;
    socket.onopen = () => {
      this.refused = 0;
      setTimeout(() => this.#greet(socket, 0), this.lostAt ? 0 : WELCOMED);
    };
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      this.silence.heard();
      if (typeof data !== "string") this.receive(unpacked(data));
    };
    socket.onclose = () => { if (socket === this.socket) this.#lost(); };
  }

  // What a kernel says just after a websocket has opened may be lost on the way: nothing of the person's is sent before
  // something has been heard on the channel where it will be answered. Kernels welcome whoever joins it; one that does
  // not is asked on the control channel, which is answered while cells run.
  #greet(socket, count) {
    if (this.live || socket !== this.socket || socket.readyState !== WebSocket.OPEN) return;
    this.#write("control", "kernel_info_request", {});
    setTimeout(() => this.#greet(socket, count + 1), GREETINGS[Math.min(count, GREETINGS.length - 1)]);
  }

  #heard() {
    this.live = true;
    this.tries = 0;
    const returned = this.lostAt !== undefined;
    this.lostAt = undefined;
    if (returned) { this.#catchUp(); return; }
    this.onState("live");
    this.#goOn();
  }

  #goOn() {
    this.catching = false;
    for (const say of this.waiting.splice(0)) say();
  }

  // After a loss: the kernel works off what has reached it, then a question of ours. What is open by then got lost and
  // is said again, under its name and before anything newer: a save that was clicked meanwhile comes after what was typed.
  #catchUp() {
    this.catching = true;
    this.errands.delete(this.question);
    const old = [...this.errands].filter(([, errand]) => errand.socket !== this.socket);
    const idle = { content: { execution_state: "idle" } };
    const finish = (message) => {
      if (message.content.execution_state !== "idle") return;
      let doubt = false;
      for (const [id, errand] of old) {
        if (!this.errands.delete(id)) continue;
        if (errand.isUpdate) {
          this.#write("shell", "comm_msg", errand.content, { id, ...errand.more });
          continue;
        }
        doubt ||= errand.isClick;
        errand.done(idle);
      }
      this.#goOn();
      this.onState("back", doubt);
    };
    this.question = this.#write("shell", "kernel_info_request", {}, { callbacks: { iopub: { status: finish } } });
  }

  // Without a network a websocket may take minutes to notice, even when it is told to close.
  drop() {
    if (this.over || this.asking || this.retry !== undefined || !this.socket) return;
    this.socket.onclose = null;
    this.socket.close();
    this.#lost();
  }

  #lost() {
    if (this.over) return;
    this.live = false;
    this.lostAt ??= Date.now();
    this.onState("lost");
    this.retry = setTimeout(() => this.#again(), WAITS[Math.min(this.tries++, WAITS.length - 1)]);
  }

  #hurry() {
    if (document.hidden || this.over) return;
    this.silence.ask();
    if (this.retry === undefined) return;
    clearTimeout(this.retry);
    this.tries = 1;
    this.#again();
  }

  // What the server says of the kernel on another line: 200 while there is one; 0 without a network or a server.
  async status() {
    const asked = { cache: "no-store", signal: AbortSignal.timeout(ASKED) };
    return fetch(`${this.base}voila/api/kernel/${this.id}`, asked).then(({ status }) => status, () => 0);
  }

  // A refused websocket does not say why: ask.
  async #again() {
    this.retry = undefined;
    this.asking = true;
    const status = await this.status();
    this.asking = false;
    if (this.over) return;
    if (status === 200 && this.refused >= BLOCKED) this.onState("blocked");
    if (status === 200) this.connect();
    else if (status === 401) this.end("refused");
    else if (status === 403 || status === 404) this.end("gone");
    else this.#lost();
  }

  end(state) {
    if (this.over) return;
    this.over = true;
    this.live = false;
    this.onState(state);
    this.socket?.close();
  }

  #write(channel, msg_type, content, { id = freshId(), callbacks, metadata = {}, buffers = [] } = {}) {
    const header = { msg_id: id, session: this.session, username: "", date: new Date().toISOString(), msg_type, version: "5.3" };
    const bytes = packed({ channel, header, metadata, content, buffers });
    if (callbacks) this.errands.set(id, new Errand(content, this.socket, bytes.length, { callbacks, metadata, buffers }));
    this.socket.send(bytes);
    return id;
  }

  send(msg_type, content, callbacks = {}, metadata = {}, buffers = []) {
    const id = freshId();
    const say = () => this.#write("shell", msg_type, content, { id, callbacks, metadata, buffers });
    if (this.live && !this.catching && this.socket.readyState === WebSocket.OPEN) say();
    else if (!this.over) this.waiting.push(say);
    return id;
  }

  receive(message) {
    const { header: { msg_type: type }, parent_header: { msg_id: cause, session }, content } = message;
    if (!this.live && message.channel === "iopub" && !/dead|restarting/.test(content.execution_state)) this.#heard();
    // While cells run, the server is their front end, and the page gets the states with each cell.
    if (this.opening && type !== "status" && message.channel === "iopub" && session !== this.session) return;
    if (type === "status") this.#status(message, cause, content.execution_state);
    else if (type === "comm_open") this.onOpen(message);
    else if (type === "comm_msg") this.comms.get(content.comm_id)?.take?.(message);
    else if (type === "comm_close") {
      const comm = this.comms.get(content.comm_id);
      this.comms.delete(content.comm_id);
      comm?.closed?.(message);
    } else if (message.channel === "iopub") (this.hooks.get(cause)?.at(-1) ?? this.onStray)(message);
  }

  #status(message, cause, state) {
    if (/dead|restarting/.test(state)) this.end("gone");
    const errand = this.errands.get(cause);
    if (state === "idle") this.errands.delete(cause);
    errand?.done(message);
  }

  hook(id, take) { this.hooks.set(id, [...(this.hooks.get(id) ?? []), take]); }
  unhook(id, take) {
    const rest = (this.hooks.get(id) ?? []).filter((other) => other !== take);
    rest.length ? this.hooks.set(id, rest) : this.hooks.delete(id);
  }
}

// What ipywidgets expects of a comm.
export class Comm {
  constructor(kernel, target, id = freshId()) {
    Object.assign(this, { kernel, target_name: target, comm_id: id, clicked: false });
    kernel.comms.set(id, this);
  }
  open(data = {}, callbacks, metadata, buffers) {
    const content = { comm_id: this.comm_id, target_name: this.target_name, data };
    return this.kernel.send("comm_open", content, callbacks, metadata, buffers);
  }
  send(data, callbacks, metadata, buffers) {
    const content = { comm_id: this.comm_id, data };
    if (data.content?.event !== "click") return this.kernel.send("comm_msg", content, callbacks, metadata, buffers);
    // A button that is being answered takes no second click: what is clicked twice is done once.
    if (this.clicked) return "";
    this.clicked = true;
    const status = (message) => {
      if (message.content.execution_state === "idle") this.clicked = false;
      callbacks?.iopub?.status?.(message);
    };
    return this.kernel.send("comm_msg", content, { ...callbacks, iopub: { ...callbacks?.iopub, status } }, metadata, buffers);
  }
  close(data = {}, callbacks, metadata, buffers) {
    this.kernel.comms.delete(this.comm_id);
    return this.kernel.send("comm_close", { comm_id: this.comm_id, data }, callbacks, metadata, buffers);
  }
  on_msg(take) { this.take = take; }
  on_close(closed) { this.closed = closed; }
}

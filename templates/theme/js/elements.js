// Stands in for jQuery, in which ipywidgets 8 only wraps a view's element; a few methods for widgets of others.
class Elements {
  constructor(found) {
    this.all = found instanceof Elements ? found.all : typeof found === "string" ? [...document.querySelectorAll(found)] : found ? [found] : [];
    this.all.forEach((one, index) => { this[index] = one; });
    this.length = this.all.length;
  }
  [Symbol.iterator]() { return this.all[Symbol.iterator](); }
  each(work) { this.all.forEach((one, index) => work.call(one, index, one)); return this; }
  addClass(names) { return this.each((_, one) => one.classList.add(...names.split(/\s+/).filter(Boolean))); }
  removeClass(names) { return this.each((_, one) => one.classList.remove(...names.split(/\s+/).filter(Boolean))); }
  append(more) { for (const one of more instanceof Elements ? more.all : [more]) this[0]?.append(one); return this; }
  appendTo(place) { new Elements(place).append(this); return this; }
  empty() { return this.each((_, one) => { one.textContent = ""; }); }
  remove() { return this.each((_, one) => one.remove()); }
  find(selector) { const found = new Elements(); found.all = this.all.flatMap((one) => [...one.querySelectorAll(selector)]); return new Elements(found); }
  text(text) { return text === undefined ? this.all.map((one) => one.textContent).join("") : this.each((_, one) => { one.textContent = text; }); }
  attr(name, value) { return value === undefined ? this[0]?.getAttribute(name) : this.each((_, one) => one.setAttribute(name, value)); }
  css(name, value) { return this.each((_, one) => one.style.setProperty(name, value)); }
  show() { return this.css("display", ""); }
  hide() { return this.css("display", "none"); }
  on(type, listener) { return this.each((_, one) => one.addEventListener(type, listener)); }
  off(type, listener) { return this.each((_, one) => one.removeEventListener(type, listener)); }
}

export default function $(found) {
  return new Elements(found);
}
$.fn = $.prototype = Elements.prototype; // so that `instanceof $` holds

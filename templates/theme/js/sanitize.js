// Stands in for sanitize-html, which ipywidgets uses for the few tags of a description: an allow-list over an inert document.
const SAFE = /^(?:https?:|mailto:|data:image\/(?:png|jpeg|gif|svg\+xml)|[#/.?]|[^:]*$)/i;

export default function sanitize(html, { allowedTags, allowedAttributes = {} }) {
  const body = new DOMParser().parseFromString(String(html), "text/html").body;
  const fits = (tag, name) => [...(allowedAttributes["*"] ?? []), ...(allowedAttributes[tag] ?? [])].some(
    (pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern),
  );
  const clean = (parent) => {
    for (const child of [...parent.childNodes]) {
      if (child.nodeType === Node.TEXT_NODE) continue;
      const tag = child.localName;
      if (child.nodeType !== Node.ELEMENT_NODE || child.namespaceURI !== body.namespaceURI || /^(?:script|style|template|noscript|iframe)$/.test(tag)) {
        child.remove();
        continue;
      }
      clean(child);
      if (!allowedTags.includes(tag)) { child.replaceWith(...child.childNodes); continue; }
      for (const { name, value } of [...child.attributes]) {
        const address = name === "href" || name === "src";
        if (!fits(tag, name) || (address && !SAFE.test(value.trim()))) child.removeAttribute(name);
      }
    }
  };
  clean(body);
  return body.innerHTML;
}

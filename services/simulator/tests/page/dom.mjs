// As much of a browser as the simulator's page uses, and nothing that it must not use: there is no `innerHTML`, so a text can only be text.
// What is missing is an error of the script that asks for it. Nothing is laid out or drawn.

const VOID = ['meta', 'link', 'input', 'br', 'img'];
const TEXT = /&(lt|gt|amp|quot);/g;

class Text {
  constructor(data) { this.data = String(data); }
  get textContent() { return this.data; }
}

export class Element {
  constructor(tagName) {
    Object.assign(this, { tagName, parent: null, nodes: [], attributes: {}, className: '', hidden: false, open: false, files: [] });
    Object.assign(this, { scrollTop: 0, scrollHeight: 0, clientHeight: 0, checked: false, disabled: false });
    const key = (name) => 'data-' + name.replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase());
    this.dataset = new Proxy(this, {
      get: (of, name) => of.attributes[key(name)],
      set: (of, name, value) => { of.attributes[key(name)] = String(value); return true; },
    });
  }

  setAttribute(name, value) {
    this.attributes[name] = String(value);
    if (name === 'class') this.className = value;
    if (['hidden', 'checked', 'disabled'].includes(name)) this[name] = true;
    if (['id', 'name', 'type', 'value', 'href', 'min', 'max'].includes(name)) this[name] = value;
  }

  getAttribute(name) { return this.attributes[name] ?? null; }
  get children() { return this.nodes.filter((node) => node instanceof Element); }
  get firstElementChild() { return this.children[0] ?? null; }
  get lastElementChild() { return this.children.at(-1) ?? null; }
  get options() { return this.querySelectorAll('option'); }
  get elements() { return Object.fromEntries(this.querySelectorAll('[name]').map((field) => [field.name, field])); }
  get textContent() { return this.nodes.map((node) => node.textContent).join(''); }
  set textContent(text) { this.replaceChildren(String(text)); }
  get value() { return this.entered ?? (this.tagName === 'select' ? this.options[0]?.value ?? '' : ''); }
  set value(value) { this.entered = String(value); }

  append(...nodes) {
    for (const node of nodes) {
      const one = node instanceof Element ? node : new Text(node);
      if (node instanceof Element) { node.remove(); node.parent = this; }
      this.nodes.push(one);
    }
  }

  replaceChildren(...nodes) {
    for (const child of this.children) child.parent = null;
    this.nodes = [];
    this.append(...nodes);
  }

  remove() {
    if (this.parent) this.parent.nodes = this.parent.nodes.filter((node) => node !== this);
    this.parent = null;
  }

  replaceWith(other) {
    const { parent } = this;
    parent.nodes = parent.nodes.map((node) => (node === this ? other : node));
    [this.parent, other.parent] = [null, parent];
  }

  * all() { for (const child of this.children) { yield child; yield* child.all(); } }
  querySelectorAll(selector) { return [...this.all()].filter((element) => element.matches(selector)); }
  querySelector(selector) { return this.querySelectorAll(selector)[0] ?? null; }
  closest(selector) { return this.matches(selector) ? this : this.parent?.closest(selector) ?? null; }

  matches(selector) {
    return selector.split(',').some((one) => {
      const parts = one.trim().split(/\s+/);
      const last = parts.pop();
      return this.is(last) && (!parts.length || Boolean(this.parent?.closest(parts.join(' '))));
    });
  }

  // A selector without spaces: `button`, `.wrong`, `input:checked`, `select[data-kind=person]`.
  is(simple) {
    const parts = simple.match(/^[a-z0-9]+|\.[\w-]+|:checked|\[[^\]]+\]/g);
    if (parts?.join('') !== simple) throw new Error(`no such selector here: ${simple}`);
    return parts.every((part) => {
      if (part === ':checked') return this.checked;
      if (part.startsWith('.')) return this.className.split(' ').includes(part.slice(1));
      if (!part.startsWith('[')) return this.tagName === part;
      const [name, value] = part.slice(1, -1).split('=');
      const held = name === 'name' ? this.name : this.attributes[name];
      return value === undefined ? held !== undefined : held === value.replaceAll('"', '');
    });
  }

  showModal() { this.open = true; }
  close() { this.open = false; }
  focus() {}
  reset() { for (const field of this.querySelectorAll('[name]')) field.value = ''; }
  requestSubmit() { return this.does('submit'); }

  // Something happens to it; whoever listens further out hears of it too.
  async does(what, more = {}) {
    const event = { target: this, key: '', shiftKey: false, preventDefault() {}, ...more };
    for (let element = this; element; element = element.parent) await element['on' + what]?.(event);
  }
}

// The elements of a page. Pages here close what they open.
export function parse(html) {
  const root = new Element('document');
  let open = root;
  for (const [, end, tag, attributes, text] of html.matchAll(/<(\/?)([a-z0-9]+)([^>]*)>|([^<]+)|<![^>]*>/g)) {
    if (text?.trim()) open.append(text.replace(TEXT, (_, name) => ({ lt: '<', gt: '>', amp: '&', quot: '"' })[name]));
    if (!tag) continue;
    if (end) { open = open.parent; continue; }
    const element = new Element(tag);
    for (const [, name, value] of attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) element.setAttribute(name, value ?? '');
    open.append(element);
    if (!VOID.includes(tag)) open = element;
  }
  return root;
}

// A page of the simulator with its scripts, and what somebody does on it.

import assert from 'node:assert/strict';
import vm from 'node:vm';
import { Element, parse } from './dom.mjs';

export const { BASE } = process.env;
const PATIENCE_MS = 20_000;
// A page looks once a second; here it looks as often as this. What it complains of stays for as long as it says.
const PAUSE_MS = 20;
const LOOK_MS = 1_000;

// The page at a path with its scripts, as a browser would run them. What `passes` is not said yes to is answered without being done.
export async function open(path, passes = () => true) {
  const load = async (from) => (await fetch(BASE + from)).text();
  const root = parse(await load(path));
  const known = (id) => [...root.all()].find((element) => element.attributes.id === id) ?? null;
  const document = { hidden: false, getElementById: known, createElement: (tag) => new Element(tag), querySelector: (s) => root.querySelector(s) };
  const { hash, pathname, search } = new URL(BASE + path);
  const loaded = [];
  const context = vm.createContext({
    document,
    fetch: async (to, how) => (passes(to) ? fetch(BASE + to, how) : new Response('{}')),
    setTimeout: (work, ms) => setTimeout(work, ms === LOOK_MS ? PAUSE_MS : ms).unref(),
    clearTimeout, URLSearchParams, console,
    location: { hash, pathname, search },
    history: { replaceState() {} },
    navigator: {},
    CSS: { escape: (text) => text },
    prompt: () => { throw new Error('nobody answers here'); },
    addEventListener: (what, work) => { if (what === 'load') loaded.push(work); },
  });
  const scripts = await Promise.all(root.querySelectorAll('script').map((script) => load(script.attributes.src)));
  for (const script of scripts) vm.runInContext(script, context);
  for (const work of loaded) work();
  return { root, $: (id) => known(id), run: (code) => vm.runInContext(code, context) };
}

// What a condition gives, once it gives something.
export async function until(what, condition) {
  const began = Date.now();
  for (;;) {
    const given = condition();
    if (given) return given;
    assert.ok(Date.now() - began < PATIENCE_MS, `waited in vain until ${what}`);
    await new Promise((go) => setTimeout(go, PAUSE_MS));
  }
}

export const button = (within, label) => within.querySelectorAll('button').find((one) => one.textContent.includes(label));
export const press = async (within, label) => (await until(`"${label}" can be pressed`, () => button(within, label))).does('click');

// A Flow alone, as the link of a preview shows it: nothing is submitted. Texts are only ever set as text.
'use strict';

const $ = (id) => document.getElementById(id);
const look = async () => {};

function el(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

async function ask(body) {
  const id = location.pathname.split('/').at(-2);
  const token = new URLSearchParams(location.search).get('token') || '';
  const answer = await fetch(`/sim/api/flows/${encodeURIComponent(id)}/preview`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token, ...body }) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.detail || json.code);
  return json;
}

async function start() {
  // A picked file stays here: its name will do.
  const upload = async (file) => ({ file_name: file.name, mime_type: file.type, sha256: '', id: '0' });
  session = { ask, answer: null, upload };
  try { takeFlow(await ask({})); } catch (error) { note(error.message); }
}

addEventListener('load', () => { $('flow').querySelector('header button').onclick = start; start(); });

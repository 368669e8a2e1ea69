// The page: asks once a second what there is, draws what differs, and sends what is clicked. Texts are only ever set as text.
'use strict';

const $ = (id) => document.getElementById(id);
const state = { phones: [], me: null, replyTo: null, chat: [], typing: false, noMarketing: false };
let drawn = '';

// Fields of each type: [name, label, kind, default]. `kind` is how the value is read.
const TYPES = {
  text: [['body', 'Message', 'area']],
  image: [['media', 'Picture; a sample without', 'file', 'image/*'], ['caption', 'Caption', 'text?']],
  video: [['media', 'Video; a sample without', 'file', 'video/*'], ['caption', 'Caption', 'text?']],
  audio: [['media', 'Sound; a sample without', 'file', 'audio/*'], ['file', 'A file, not a voice note', 'flag']],
  document: [['media', 'Document; a sample without', 'file', ''], ['filename', 'File name', 'text', 'Offer.pdf'], ['caption', 'Caption', 'text?']],
  sticker: [['media', 'Sticker; a sample without', 'file', 'image/webp'], ['animated', 'Animated', 'flag']],
  location: [['latitude', 'Latitude', 'number', '52.52'], ['longitude', 'Longitude', 'number', '13.405'], ['name', 'Name', 'text?'], ['address', 'Address', 'text?']],
  contacts: [['contact', 'Whose card', 'person']],
  button_reply: [['id', 'Button id', 'text', 'yes'], ['title', 'Button title', 'text', 'Yes']],
  list_reply: [['id', 'Row id', 'text', 'row_1'], ['title', 'Row title', 'text', 'First'], ['description', 'Description', 'text?']],
  nfm_reply: [['answers', 'Answers of the Flow, JSON', 'json', '{"name": "Ana"}'], ['flow_token', 'Flow token', 'text?']],
  address: [['values', 'Fields of the address, JSON', 'json', '{"city": "Mumbai"}'], ['saved', 'Id of an offered address', 'text?']],
  call_permission_reply: [['reject', 'They may not call', 'flag']],
  button: [['text', 'Quick reply', 'text', 'Unsubscribe'], ['payload', 'Payload', 'text', 'UNSUBSCRIBE']],
  order: [['product', 'Product', 'text', 'SKU-1'], ['quantity', 'Quantity', 'number', '1'], ['price', 'Price of one', 'number', '9.5'], ['text', 'Note', 'text?'], ['catalog', 'Catalogue; a made-up one without', 'text?']],
  unsupported: [['what', 'What it was', 'text', 'poll_creation']],
  other: [['name', 'Type', 'text', 'poll_vote'], ['content', 'Content, JSON', 'json', '{"options": ["a"]}']],
};
const LABELS = { text: 'Text', image: 'Image', video: 'Video', audio: 'Voice / audio', document: 'Document', sticker: 'Sticker', location: 'Location', contacts: 'Contact card',
  button_reply: 'Button reply', list_reply: 'List reply', nfm_reply: 'Flow submission', address: 'Address', call_permission_reply: 'Permission to call', button: 'Template quick reply', order: 'Order', unsupported: 'Unsupported', other: 'Unheard-of type' };

async function api(method, path, body) {
  const answer = await fetch('/sim/api/' + path, { method, headers: body ? { 'content-type': 'application/json' } : {}, body: body && JSON.stringify(body) });
  const text = await answer.text();
  const json = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(json?.errors?.map((e) => `${e.pointer} ${e.detail}`).join('; ') || json?.detail || json?.code || answer.statusText);
  return json;
}

let toastTimer;
function complain(error) {
  $('toast').textContent = error.message || String(error);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $('toast').textContent = ''; }, 5000);
}
const act = (work) => async (event) => {
  event?.preventDefault();
  try { await work(event); await look(); } catch (error) { complain(error); }
};

function el(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const number = () => $('number').value.trim();
function remember() {
  history.replaceState(null, '', '#' + new URLSearchParams({ phone: state.me || '', to: number() }));
}

async function look() {
  const [phones, numbers, deliveries, templates, flows] = await Promise.all(['phones', 'numbers', 'deliveries', 'templates', 'flows'].map((path) => api('GET', path)));
  state.phones = phones.data;
  if (!state.phones.some((p) => p.wa_id === state.me)) state.me = state.phones[0]?.wa_id || null;
  if (!number() && numbers.data.length) { $('number').value = numbers.data[0].phone_number_id; remember(); }
  const chatting = state.me && /^[0-9]+$/.test(number());
  const chat = chatting ? await api('GET', `phones/${state.me}/chats/${number()}`) : { data: [], typing: false, no_marketing: false };
  [state.chat, state.typing, state.noMarketing] = [chat.data, chat.typing, chat.no_marketing];
  const seen = JSON.stringify([state, numbers, deliveries, templates, flows]);
  if (seen === drawn) return;
  drawPhones(); drawNumbers(numbers.data); drawDeliveries(deliveries); drawTemplates(templates.data); drawNames(numbers.data); drawFlows(flows.data); drawChat();
  drawn = seen;
  $('typing').hidden = !state.typing;
  $('no-marketing').checked = state.noMarketing;
  if (chatting && !document.hidden && state.chat.some((b) => !b.from_person && b.tick === 'delivered')) {
    await api('POST', `phones/${state.me}/chats/${number()}/read`);
  }
}

function drawPhones() {
  $('phones').replaceChildren(...state.phones.map((phone) => {
    const button = el('button', '', phone.name);
    button.append(el('span', '', (phone.hidden ? 'hidden · ' : '+') + (phone.hidden ? phone.user_id : phone.wa_id)));
    button.setAttribute('aria-current', phone.wa_id === state.me);
    button.onclick = act(() => { state.me = phone.wa_id; state.replyTo = null; remember(); fillPerson(); drawReply(); });
    const item = el('li'); item.append(button); return item;
  }));
  const me = state.phones.find((p) => p.wa_id === state.me);
  $('person').hidden = !me;
  $('status').textContent = me ? `as ${me.name}` : 'add a person first';
  $('user-id').textContent = me?.user_id || '';
  if (me && $('person').dataset.of !== me.wa_id) fillPerson();
  const picker = document.querySelector('select[data-kind=person]');
  if (picker && picker.options.length !== state.phones.length) fillPicker(picker);
}

function fillPerson() {
  const me = state.phones.find((p) => p.wa_id === state.me);
  if (!me) return;
  const form = $('person');
  form.dataset.of = me.wa_id;
  form.elements.name.value = me.name;
  form.elements.username.value = me.username || '';
  form.elements.hidden.checked = me.hidden;
}

function drawNumbers(numbers) {
  $('numbers').replaceChildren(...numbers.map((n) => { const option = el('option', '', '+' + n.display_phone_number); option.value = n.phone_number_id; return option; }));
}

function drawDeliveries({ undelivered, data }) {
  $('undelivered').textContent = undelivered ? `${undelivered} not delivered` : '';
  $('deliveries').replaceChildren(...data.slice(0, 40).map((d) => {
    const row = el('tr');
    row.append(el('td', '', '#' + d.number), el('td', d.state === 'delivered' ? '' : 'failed', d.state.replace('_', ' ')), el('td', 'quiet', `${d.attempts}× ${d.last || ''}`));
    return row;
  }));
}

function menu(bubble) {
  const dialog = $('menu');
  const say = (body) => act(async () => { dialog.close(); await send(body); });
  const emojis = ['👍', '❤️', '😂', '😮', '🙏'].map((emoji) => { const button = el('button', '', emoji); button.onclick = say({ type: 'reaction', message_id: bubble.wamid, emoji }); return button; });
  const extra = [['Answer', () => { dialog.close(); state.replyTo = bubble.wamid; drawReply(); $('fields').querySelector('input,textarea')?.focus(); }]];
  if (bubble.person_reaction) extra.push(['Take reaction back', say({ type: 'reaction', message_id: bubble.wamid })]);
  if (bubble.from_person && !bubble.revoked) {
    extra.push(['Edit…', () => { dialog.close(); const body = prompt('New text', bubble.text); if (body) act(() => send({ type: 'edit', message_id: bubble.wamid, body }))(); }]);
    extra.push(['Delete for everybody', say({ type: 'revoke', message_id: bubble.wamid })]);
  }
  extra.push(['Copy id', () => { navigator.clipboard?.writeText(bubble.wamid); dialog.close(); }], ['Close', () => dialog.close()]);
  dialog.firstElementChild.replaceChildren(...emojis, ...extra.map(([label, work]) => { const button = el('button', '', label); button.onclick = work; return button; }));
  dialog.showModal();
}

async function upload(file) {
  const path = `/sim/api/phones/${state.me}/chats/${number()}/media`;
  const answer = await fetch(path, { method: 'POST', headers: { 'content-type': file.type || 'application/octet-stream' }, body: file });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.detail || json.code);
  return json.id;
}

function needChat() {
  if (!state.me) throw new Error('add a person first');
  if (!/^[0-9]+$/.test(number())) throw new Error('say which business number: its phone number id, digits');
}

async function send(body) {
  needChat();
  const reply = state.replyTo && !body.message_id ? { reply_to: state.replyTo } : {};
  await api('POST', `phones/${state.me}/messages`, { to: number(), ...reply, ...body });
  state.replyTo = null; drawReply();
  $('chat').scrollTop = $('chat').scrollHeight;
}

function drawReply() {
  $('replying').hidden = !state.replyTo;
  $('replying').firstElementChild.textContent = 'Answering: ' + (state.chat.find((b) => b.wamid === state.replyTo)?.text || 'a message');
}

function setType(type) {
  $('type').value = type;
  $('fields').replaceChildren(...TYPES[type].map(([name, label, kind, value]) => {
    const wrap = el('label', kind === 'flag' ? 'check' : '');
    const tag = kind === 'area' || kind === 'json' ? 'textarea' : kind === 'person' ? 'select' : 'input';
    const field = el(tag); field.name = name; field.dataset.kind = kind;
    if (kind === 'flag') field.type = 'checkbox'; else if (kind === 'file') { field.type = 'file'; field.accept = value; } else if (value) field.value = value;
    if (kind === 'number') field.inputMode = 'decimal';
    if (kind === 'person') fillPicker(field);
    if (kind === 'area') { field.rows = 2; field.placeholder = label; field.setAttribute('aria-label', label); field.onkeydown = (event) => { if (event.key === 'Enter' && !event.shiftKey) { event.preventDefault(); $('compose').requestSubmit(); } }; wrap.append(field); }
    else if (kind === 'flag') wrap.append(field, label); else wrap.append(label, field);
    return wrap;
  }));
}

function fillPicker(picker) {
  const chosen = picker.value;
  picker.replaceChildren(...state.phones.map((p) => { const option = el('option', '', `${p.name} · +${p.wa_id}`); option.value = p.wa_id; return option; }));
  if (chosen) picker.value = chosen;
}

async function composed() {
  const body = { type: $('type').value };
  for (const field of $('fields').querySelectorAll('[name]')) {
    const { name, dataset: { kind } } = field;
    if (kind === 'flag') body[name] = field.checked;
    else if (kind === 'file') { if (field.files[0]) body[name] = await upload(field.files[0]); }
    else if (kind === 'number') { const value = Number(field.value); if (field.value.trim() === '' || Number.isNaN(value)) throw new Error(`${name} is a number`); body[name] = value; }
    else if (kind === 'json') body[name] = JSON.parse(field.value);
    else if (kind === 'person') { const person = state.phones.find((p) => p.wa_id === field.value); if (!person) throw new Error('there is nobody to pick'); body.name = person.name; body.phone = person.wa_id; }
    else if (field.value || kind !== 'text?') body[name] = field.value;
  }
  return body;
}

$('compose').onsubmit = act(async () => { await send(await composed()); const area = $('fields').querySelector('[data-kind=area]'); if (area) area.value = ''; });
$('type').append(...Object.keys(TYPES).map((type) => { const option = el('option', '', LABELS[type]); option.value = type; return option; }));
$('type').onchange = () => setType($('type').value);
$('replying').lastElementChild.onclick = () => { state.replyTo = null; drawReply(); };
$('call').onclick = act(async () => { needChat(); await api('POST', `phones/${state.me}/chats/${number()}/calls`); });
$('number').onchange = act(async () => { remember(); if (/^[0-9]+$/.test(number())) await api('PUT', `numbers/${number()}`, {}); });
$('new-phone').onsubmit = act(async () => {
  const form = $('new-phone').elements;
  const wa_id = form.wa_id.value.trim().replace(/^\+/, '');
  await api('PUT', `phones/${wa_id}`, form.name.value ? { name: form.name.value } : {});
  state.me = wa_id; remember(); $('new-phone').reset();
});
$('person').onsubmit = act(async () => {
  const form = $('person').elements;
  await api('PUT', `phones/${state.me}`, { name: form.name.value, username: form.username.value, hidden: form.hidden.checked });
});
$('new-user-id').onclick = act(() => api('POST', `phones/${state.me}/user-id`));
$('new-number').onclick = act(async () => {
  const to = prompt('New number, digits', '');
  if (to) { await api('POST', `phones/${state.me}/number`, { to: to.replace(/[^0-9]/g, '') }); state.me = to.replace(/[^0-9]/g, ''); remember(); }
});
$('no-marketing').onchange = act(() => api('POST', `phones/${state.me}/chats/${number()}/marketing`, { stop: $('no-marketing').checked }));
const faultFields = () => [...$('faults').querySelectorAll('[name]')];
async function showFaults(faults) { for (const field of faultFields()) field.value = faults[field.name]; }
$('faults').onsubmit = act(async () => showFaults(await api('PUT', 'faults', Object.fromEntries(faultFields().map((f) => [f.name, Number(f.value)])))));
$('well').onclick = act(async () => showFaults(await api('PUT', 'faults', {})));
$('retry').onclick = act(() => api('POST', 'deliveries/retry'));
$('replay').onsubmit = act(async () => {
  const form = $('replay').elements;
  await api('POST', 'replay', { folder: form.folder.value, shuffle: form.shuffle.checked, ...(form.renumber.checked && number() ? { phone_number_id: number() } : {}) });
});

const start = new URLSearchParams(location.hash.slice(1));
state.me = start.get('phone') || null;
$('number').value = start.get('to') || '';
setType('text');
api('GET', 'faults').then(showFaults).catch(complain);
async function loop() {
  try { if (!document.hidden) await look(); } catch (error) { complain(error); }
  setTimeout(loop, 1000);
}
// Not before the other scripts are here: what is drawn is drawn by all of them.
addEventListener('load', loop);

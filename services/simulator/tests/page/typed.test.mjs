// What somebody chooses to send on the page, does to what stands in the chat and to themselves, and lets go wrong on the way; against the
// simulator that the test beside it started at BASE, with one person and one number. The tests go on with what those before them did.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE, open, press, until } from './page.mjs';

const { FOLDER } = process.env;
const CHAT = '/sim#phone=16505550142&to=101';
const FAULTS = { duplicate: 2, reorder_ms: 5, batch: 3, delay_ms: 7, wrong_signature: 0.5, drop: 0.25, lose_answer: 1 };

const bubbles = (page) => page.$('chat').children;
const saying = (page, text) => bubbles(page).findLast((one) => one.querySelector('.body')?.textContent === text);
const told = async (path) => (await fetch(BASE + '/sim/api/' + path)).json();

// How files are shown.
const TAGS = { image: 'img', sticker: 'img', video: 'video', audio: 'audio', document: 'a' };

async function choose(page, type, entered = {}) {
  page.$('type').value = type;
  await page.$('type').does('change');
  for (const [name, value] of Object.entries(entered)) page.$('fields').querySelector(`[name=${name}]`).value = value;
  await page.$('compose').requestSubmit();
}

test('every type that can be chosen is sent as it is offered', async () => {
  const page = await open(CHAT);
  await until('the person is listed', () => page.$('phones').children.length > 0);
  const types = page.$('type').options.map((one) => one.value);
  for (const [before, type] of types.entries()) {
    await choose(page, type, type === 'text' ? { body: 'Is there a table?' } : {});
    assert.equal(page.$('toast').textContent, '', type);
    const bubble = await until(`${type} stands in the chat`, () => bubbles(page)[before]);
    assert.equal(bubble.className, 'mine', type);
    if (type in TAGS) assert.ok(bubble.querySelector(TAGS[type]), `${type} is shown as what it is`);
  }
  assert.ok(Object.keys(TAGS).every((type) => types.includes(type)));
  await choose(page, 'location', { latitude: 'north' });
  assert.match(page.$('toast').textContent, /latitude is a number/);
});

test('what stands in the chat is reacted to, answered, edited and deleted', async () => {
  const page = await open(CHAT);
  const first = () => saying(page, 'Is there a table?');
  await (await until('the chat is drawn', first)).does('click');
  assert.equal(page.$('menu').open, true);
  await press(page.$('menu'), '👍');
  await until('the reaction stands beside it', () => first().querySelector('.reactions')?.textContent === '👍');
  await first().does('click');
  await press(page.$('menu'), 'Take reaction back');
  await until('it is gone again', () => !first().querySelector('.reactions'));
  await first().does('click');
  await press(page.$('menu'), 'Answer');
  await choose(page, 'text', { body: 'For two' });
  const answer = await until('the answer is there', () => saying(page, 'For two'));
  assert.equal(answer.querySelector('.quote').textContent, 'Is there a table?');
  page.run("prompt = () => 'For three'");
  await answer.does('click');
  await press(page.$('menu'), 'Edit…');
  const edited = await until('it is edited', () => saying(page, 'For three'));
  assert.match(edited.querySelector('.meta').textContent, /^edited · /);
  await edited.does('click');
  await press(page.$('menu'), 'Delete for everybody');
  await until('it is deleted', () => saying(page, 'deleted')?.className === 'mine revoked');
  assert.equal(page.$('toast').textContent, '');
});

test('what goes wrong on the way is set, and all is well again', async () => {
  const page = await open(CHAT);
  const fields = page.$('faults').elements;
  await until('the switches are shown', () => fields.batch.value === '1');
  for (const [name, value] of Object.entries(FAULTS)) fields[name].value = value;
  await page.$('faults').requestSubmit();
  assert.deepEqual(await told('faults'), FAULTS);
  fields.duplicate.value = 101;
  await page.$('faults').requestSubmit();
  assert.match(page.$('toast').textContent, /duplicate is 0 to 100/);
  await page.$('well').does('click');
  assert.deepEqual([(await told('faults')).duplicate, fields.duplicate.value, fields.batch.value], [0, '0', '1']);
});

test('recorded bodies are replayed as they are', async () => {
  const page = await open(CHAT);
  const form = page.$('replay').elements;
  [form.folder.value, form.renumber.checked, form.shuffle.checked] = [FOLDER, false, true];
  await page.$('replay').requestSubmit();
  assert.equal(page.$('toast').textContent, '');
  form.folder.value = '/nowhere/at/all';
  await page.$('replay').requestSubmit();
  assert.match(page.$('toast').textContent, /nowhere/);
});

test('somebody gets another user id and number, hides it, and wants no marketing', async () => {
  const page = await open(CHAT);
  const before = await until('the user id is shown', () => page.$('user-id').textContent);
  await page.$('new-user-id').does('click');
  await until('it is another one', () => page.$('user-id').textContent !== before);
  page.$('no-marketing').checked = true;
  await page.$('no-marketing').does('change');
  assert.equal((await told('phones/16505550142/chats/101')).no_marketing, true);
  const form = page.$('person').elements;
  [form.name.value, form.username.value, form.hidden.checked] = ['Ana W.', 'ana.w', true];
  await page.$('person').requestSubmit();
  page.run("prompt = () => '+1 (650) 555-0177'");
  await page.$('new-number').does('click');
  const { data: [person, ...others] } = await told('phones');
  assert.deepEqual([person.wa_id, person.name, person.username, person.hidden, others.length], ['16505550177', 'Ana W.', 'ana.w', true, 0]);
  assert.match(page.$('phones').textContent, /^Ana W\.hidden · /);
  assert.equal(page.$('toast').textContent, '');
});

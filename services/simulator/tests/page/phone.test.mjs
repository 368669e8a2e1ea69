// The simulator's page is used by somebody: what it shows and sends, against the simulator that the test beside it started at BASE. A person
// has a chat there with one message of each kind that can be answered, another one with a message at each tick; two templates and the display
// names of two numbers wait for a decision; at PREVIEW the Flow is shown alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BASE, button, open, press, until } from './page.mjs';

const { PREVIEW } = process.env;
// Somebody whose chat has a message at each tick.
const BEN = '/sim#phone=16505550143&to=101';

// Whatever people call themselves.
const CLEO = '<img src=x onerror="document.hidden=1"> Cleo & </button>';

const bubbles = (page) => page.$('chat').children;
const saying = (page, text) => bubbles(page).findLast((one) => one.querySelector('.body')?.textContent === text);

test('a chat shows what was said, by whom, and how far it came', async () => {
  const page = await open('/sim');
  const hello = await until('the chat is drawn', () => saying(page, '<b>Good evening</b> & welcome'));
  assert.equal(hello.className, '', 'it is of the business');
  assert.equal(hello.querySelectorAll('b').length, 0, 'a text is a text');
  await until('it is read, because the chat is looked at', () => saying(page, '<b>Good evening</b> & welcome').querySelector('.read'));
  assert.equal(saying(page, '<b>Good evening</b> & welcome').querySelector('.read').textContent, '✓✓');
  assert.equal(saying(page, 'Hi').className, 'mine');
  assert.match(page.$('status').textContent, /^as /);
  assert.equal(page.$('toast').textContent, '');
});

test('ticks say how far a message came, and their colour who has seen it', async () => {
  const page = await open(BEN, (to) => !to.endsWith('/read'));
  await until('the chat is drawn', () => saying(page, 'Failed'));
  const ticks = (text) => saying(page, text).querySelector('.meta').lastElementChild;
  const told = ['Accepted', 'Sent', 'Delivered', 'Read', 'Failed'].map((text) => [ticks(text).className, ticks(text).textContent]);
  assert.deepEqual(told, [['accepted', '◷'], ['sent', '✓'], ['delivered', '✓✓'], ['read', '✓✓'], ['failed', '! not delivered (131026)']]);
  const css = await (await fetch(BASE + '/sim/page.css')).text();
  const colour = (selector) => css.match(new RegExp(`(?:^|[\\s}])${selector.replaceAll('.', '\\.')} \\{[^}]*color: var\\(--(\\w+)\\)`))?.[1];
  assert.equal(colour('#chat li .meta'), 'quiet', 'grey, if nothing else is said');
  assert.deepEqual(told.map(([name]) => colour('.' + name)), [undefined, undefined, undefined, 'blue', 'red']);
});

test('the people are listed, another one is chosen, and one is added', async () => {
  const page = await open('/sim');
  // Nobody looks at this page: it asks only when something is done on it, so what it then draws follows from that.
  page.run('document.hidden = true');
  const people = () => page.$('phones').querySelectorAll('button');
  const told = () => people().map((one) => [one.textContent, one.getAttribute('aria-current')]);
  await until('the people are listed', () => people().length > 0);
  assert.deepEqual(told(), [['Person 0142+16505550142', 'true'], ['Person 0143+16505550143', 'false']]);
  await people()[1].does('click');
  assert.deepEqual(told().map(([, current]) => current), ['false', 'true']);
  assert.equal(page.$('status').textContent, 'as Person 0143');
  assert.equal(page.$('person').elements.name.value, 'Person 0143');
  assert.ok(saying(page, 'Failed'), 'the chat is theirs');
  const another = page.$('new-phone');
  another.elements.wa_id.value = '+16505550144';
  another.elements.name.value = CLEO;
  await another.requestSubmit();
  assert.deepEqual(told().map(([, current]) => current), ['false', 'false', 'true']);
  assert.equal(people()[2].textContent, CLEO + '+16505550144');
  assert.deepEqual(people()[2].children.map((one) => one.tagName), ['span'], 'a name is a text');
  assert.equal(page.$('status').textContent, 'as ' + CLEO);
  assert.deepEqual([bubbles(page).length, another.elements.wa_id.value], [0, ''], 'nothing was said yet, and the next one begins empty');
  assert.equal(page.$('toast').textContent, '');
});

test('what is typed goes to the business', async () => {
  const page = await open('/sim');
  await until('the chat is drawn', () => saying(page, 'Hi'));
  const area = page.$('fields').querySelector('[data-kind=area]');
  area.value = 'Is there a table?';
  await page.$('compose').requestSubmit();
  const said = await until('it stands in the chat', () => saying(page, 'Is there a table?'));
  assert.equal(said.className, 'mine');
  assert.equal(area.value, '', 'the next one begins empty');
  page.$('number').value = 'nobody';
  area.value = 'And now?';
  await page.$('compose').requestSubmit();
  assert.match(page.$('toast').textContent, /business number/, 'what cannot be sent is told');
});

test('the business is called', async () => {
  const page = await open('/sim');
  await until('the chat is drawn', () => saying(page, 'Hi'));
  await page.$('call').does('click');
  const call = await until('it stands in the chat', () => saying(page, 'Voice call'));
  assert.equal(call.className, 'mine');
  await call.does('click');
  assert.equal(page.$('menu').open, false, 'it is no message that could be answered');
  page.$('number').value = 'nobody';
  await page.$('call').does('click');
  assert.match(page.$('toast').textContent, /business number/, 'whom nobody can call is told');
});

test('buttons and lists are tapped', async () => {
  const page = await open('/sim');
  const ask = await until('the question is there', () => saying(page, 'When?'));
  assert.deepEqual(ask.querySelectorAll('.choices button').map((one) => one.textContent), ['At eight', 'At nine']);
  await press(ask, 'At nine');
  const answer = await until('the answer stands in the chat', () => saying(page, 'At nine'));
  assert.deepEqual([answer.className, answer.querySelector('.quote').textContent], ['mine', 'When?']);

  const menu = await until('the list is there', () => saying(page, 'What?'));
  await press(menu, '☰ See all');
  const rows = page.$('list');
  assert.equal(rows.open, true);
  assert.deepEqual(rows.querySelector('.rows').children.map((one) => one.textContent), ['Pizza', 'Margheritatomato, basil', 'Funghi', 'Drinks', 'Water']);
  await press(rows, 'Funghi');
  assert.equal(rows.open, false);
  await until('the row stands in the chat', () => saying(page, 'Funghi'));
});

test('a Flow is filled in, corrected and submitted', async () => {
  const page = await open('/sim');
  const flow = page.$('flow');
  await press(await until('the Flow is there', () => saying(page, 'Who are you?')), 'Open');
  await until('it is open', () => flow.open);
  assert.equal(flow.querySelector('strong').textContent, 'Your name');
  await press(flow, 'Go');
  const wrong = await until('what is missing is told', () => flow.querySelector('.wrong'));
  assert.equal(wrong.parent.dataset.name, 'name', 'at its field');
  flow.querySelector('[data-name="name"] input').value = 'Ana';
  await press(flow, 'Go');
  await until('the next screen is there', () => flow.querySelector('strong').textContent === 'The day');
  assert.equal(flow.querySelector('h3').textContent, 'Ana', 'with what was entered');
  await press(flow, '← Back');
  await until('the first screen is back', () => flow.querySelector('strong').textContent === 'Your name');
  assert.equal(flow.querySelector('[data-name="name"] input').value, 'Ana', 'as it was left');
  await press(flow, 'Go');
  const days = await until('the days are there', () => flow.querySelector('fieldset'));
  assert.deepEqual(days.querySelectorAll('label').map((one) => one.textContent), ['Monday', 'Tuesday']);
  days.querySelectorAll('input')[1].checked = true;
  await press(flow, 'Go');
  await until('it is closed', () => !flow.open);
  await until('the submission stands in the chat', () => bubbles(page).some((one) => one.querySelector('.kind')?.textContent === 'Flow submission'));
});

test('a template that waits is approved', async () => {
  const page = await open('/sim');
  const card = () => page.$('templates').children.find((one) => one.textContent.startsWith('order_shipped'));
  await until('it waits', () => card()?.querySelector('.badge').textContent === 'pending');
  await press(card(), 'Approve');
  const approved = await until('it is approved', () => card().querySelector('.good'));
  assert.equal(approved.textContent, 'approved');
  assert.ok(button(card(), 'Pause') && !button(card(), 'Approve'), 'what can be done then is another thing');
});

test('a template that waits is rejected for the chosen reason', async () => {
  const page = await open('/sim');
  const card = () => page.$('templates').children.find((one) => one.textContent.startsWith('order_lost'));
  await until('it waits', () => card()?.querySelector('.badge').textContent === 'pending');
  card().querySelector('select').value = 'SCAM';
  await press(card(), 'Reject');
  const rejected = await until('it is rejected', () => card().querySelector('.bad'));
  assert.equal(rejected.textContent, 'rejected');
  assert.match(card().querySelector('p').textContent, /^SCAM · Your order/);
  assert.ok(!button(card(), 'Reject') && !card().querySelector('select'), 'it is decided');
});

test('display names that wait are approved and rejected', async () => {
  const page = await open('/sim');
  const card = (name) => page.$('names').children.find((one) => one.textContent.startsWith(name));
  await until('they wait', () => ['Trattoria Ana', '!!! BEST PIZZA'].every((name) => card(name)?.querySelector('.badge').textContent === 'pending review'));
  await press(card('Trattoria Ana'), 'Approve');
  await until('it is approved', () => card('Trattoria Ana').querySelector('.good')?.textContent === 'approved');
  card('!!! BEST PIZZA').querySelector('select').value = 'NAME_NOT_CONSISTENT';
  await press(card('!!! BEST PIZZA'), 'Reject');
  await until('it is rejected', () => card('!!! BEST PIZZA').querySelector('.bad')?.textContent === 'declined');
  assert.ok(!button(card('!!! BEST PIZZA'), 'Reject') && !button(card('Trattoria Ana'), 'Approve'), 'both are decided');
});

test('a preview is walked through by itself and submits nothing', async () => {
  const page = await open(PREVIEW);
  const flow = page.$('flow');
  const name = await until('its first screen is there', () => flow.querySelector('[data-name="name"] input'));
  name.value = 'Eve';
  await press(flow, 'Go');
  const days = await until('the days are there', () => flow.querySelector('fieldset'));
  days.querySelectorAll('input')[0].checked = true;
  await press(flow, 'Go');
  const note = await until('the end is told', () => flow.lastElementChild.textContent);
  assert.match(note, /^Submitted: /);
  assert.deepEqual(JSON.parse(note.slice('Submitted: '.length)), { name: 'Eve', day: 'mon' });
  await press(flow, '↺');
  await until('it begins anew', () => flow.querySelector('[data-name="name"] input')?.value === '');
});

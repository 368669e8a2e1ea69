// Flows on the page, screen by screen: every valid sample of `schemas/meta/flows` is filled in to its end as its preview at PREVIEWS (a path by
// the name of the file), and every kind of component is drawn as what it is.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { open, press, until } from './page.mjs';

const PREVIEWS = JSON.parse(process.env.PREVIEWS);
// More than any sample needs.
const DEEDS_MAX = 60;
// They give what is inside of them.
const FRAMES = ['SingleColumnLayout', 'Form', 'If', 'Switch'];
const ENTERED = { text: 'Ana Whitfield', number: '7', email: 'ana@example.com', tel: '+16505550142', password: '123456' };

const has = (tag, type) => (drawn) => drawn.querySelectorAll(tag).some((one) => type === undefined || one.type === type);
const is = (tag) => (drawn) => drawn.tagName === tag;
// What each kind is for whoever looks at it.
const KINDS = {
  TextHeading: is('h3'), TextSubheading: is('h4'), TextBody: is('p'), TextCaption: is('small'), RichText: is('p'),
  Image: is('img'), ImageCarousel: has('img'), EmbeddedLink: is('button'), NavigationList: has('button'),
  TextInput: has('input'), TextArea: has('textarea'), DatePicker: has('input', 'date'), CalendarPicker: has('input', 'date'), Dropdown: has('option'),
  RadioButtonsGroup: has('input', 'radio'), CheckboxGroup: has('input', 'checkbox'), ChipsSelector: has('input', 'checkbox'), OptIn: has('input', 'checkbox'),
  PhotoPicker: has('input', 'file'), DocumentPicker: has('input', 'file'), Footer: has('button'),
};

// What a sample is made of.
function kindsOf(part, found = new Set()) {
  if (Array.isArray(part)) part.forEach((one) => kindsOf(one, found));
  else if (part && typeof part === 'object') {
    if (typeof part.type === 'string' && part.type in KINDS) found.add(part.type);
    else assert.ok(!/^[A-Z]/.test(part.type ?? '') || FRAMES.includes(part.type), `nobody knows how a ${part.type} looks`);
    Object.values(part).forEach((one) => kindsOf(one, found));
  }
  return found;
}

const isEmpty = (value) => value === false || value === '' || value.length === 0;

async function fillIn(wrap) {
  const kind = wrap.dataset.component;
  const boxes = wrap.querySelectorAll('input');
  const field = boxes[0] ?? wrap.querySelector('textarea') ?? wrap.querySelector('select');
  if (kind === 'Dropdown') field.value = field.options[1].value;
  else if (kind === 'PhotoPicker') field.files = [{ name: 'a.jpg', type: 'image/jpeg' }];
  else if (kind === 'DatePicker') field.value = field.min;
  else if (kind === 'TextArea') field.value = ENTERED.text;
  else if (kind === 'TextInput') field.value = ENTERED[field.type];
  // The last option: one survey goes on asking only there.
  else boxes.at(-1).checked = true;
  await (kind === 'TextInput' || kind === 'TextArea' || boxes.length < 2 ? field : boxes.at(-1)).does('change');
}

// What the endpoint of the one sample that has one would say.
async function answer(flow, { data }) {
  const [next, its] = [flow.querySelector('select'), flow.querySelector('textarea')];
  if (data.trigger === 'booking_submitted') next.value = 'SUMMARY';
  await next.does('change');
  its.value = its.value.replace('"is_slot_visible": false', '"is_slot_visible": true');
  await press(flow, 'Answer');
}

// Does one thing after the other: looks at what is drawn, answers for the endpoint, opens each link once, fills in what is empty, goes on.
// Gives the kinds that were drawn, what was asked of the endpoint, and what is submitted.
async function walk(page) {
  const flow = page.$('flow');
  await until('the first screen is there', () => flow.querySelector('[data-component]'));
  const [kinds, asked, opened] = [new Set(), [], new Set()];
  for (let deed = 0; deed < DEEDS_MAX; deed += 1) {
    for (const drawn of flow.querySelectorAll('[data-component]')) {
      assert.ok(KINDS[drawn.dataset.component](drawn), `${drawn.dataset.component} is drawn as what it is`);
      kinds.add(drawn.dataset.component);
    }
    const said = flow.lastElementChild.textContent;
    if (said.startsWith('Submitted: ')) return { kinds, asked, answers: JSON.parse(said.slice('Submitted: '.length)) };
    const question = flow.querySelector('pre');
    const title = flow.querySelector('strong').textContent;
    const link = flow.querySelectorAll('.link').find((one) => !one.textContent.startsWith('←') && !opened.has(title + one.textContent));
    const empty = flow.querySelectorAll('[data-name]').find((wrap) => isEmpty(wrap.read()));
    if (question) {
      asked.push(JSON.parse(question.textContent));
      await answer(flow, asked.at(-1));
    } else if (link) {
      opened.add(title + link.textContent);
      await link.does('click');
      if (flow.querySelector('strong').textContent !== title) {
        for (const drawn of flow.querySelectorAll('[data-component]')) kinds.add(drawn.dataset.component);
        await press(flow, '← Back');
      }
    } else if (empty) await fillIn(empty);
    else await flow.querySelector('.go').does('click');
  }
  throw new Error(`it does not end: ${flow.textContent}`);
}

for (const [file, path] of Object.entries(PREVIEWS)) {
  test(`${file} is drawn and filled in to its end`, async () => {
    const sample = JSON.parse(await readFile(new URL(`../../../../schemas/meta/flows/${file}`, import.meta.url)));
    const page = await open(path);
    const { kinds, asked, answers } = await walk(page);
    assert.deepEqual([...kinds].sort(), [...kindsOf(sample.screens)].sort());
    assert.ok(Object.keys(answers).length > 0);
    assert.equal(asked.length > 0, 'data_api_version' in sample, 'an endpoint is asked if there is one');
  });
}

test('an endpoint is asked with what is entered, and its answer is what is shown', async () => {
  const page = await open(PREVIEWS['valid-appointment-booking-endpoint.json']);
  const { asked, answers } = await walk(page);
  assert.deepEqual(asked.map((one) => [one.version, one.action, one.screen, one.data.trigger]), [
    ['3.0', 'data_exchange', 'BOOKING', 'department_selected'], ['3.0', 'data_exchange', 'BOOKING', 'date_selected'],
    ['3.0', 'data_exchange', 'BOOKING', 'booking_submitted']]);
  assert.deepEqual(answers, { booking_ref: 'BK-48213', department: 'dental', slot: '1030' });
});

test('what no sample has is drawn too', async () => {
  const page = await open('/sim');
  const image = { src: '/9j/', 'alt-text': 'A pizza' };
  const option = { id: 'a', title: 'First' };
  const input = { name: 'i', label: 'Which?', value: [], 'data-source': [option] };
  const rest = {
    RichText: { text: ['# A', 'b'] }, Image: image, ImageCarousel: { images: [image, image] }, CalendarPicker: { ...input, value: '' },
    NavigationList: { 'list-items': [{ id: 'a', 'main-content': { title: 'First', description: 'of all' } }] },
    ChipsSelector: input, DocumentPicker: { ...input, 'allowed-mime-types': ['application/pdf'] },
  };
  for (const [type, properties] of Object.entries(rest)) {
    page.run(`given = ${JSON.stringify({ type, path: 'layout.children[0]', visible: true, ...properties })}`);
    const drawn = page.run('drawComponent(given)');
    assert.ok(KINDS[type](drawn) && drawn.dataset.component === type, `${type} is drawn as what it is`);
  }
  const known = page.run('Object.keys(DRAWN)');
  assert.deepEqual([...known, 'Footer'].sort(), Object.keys(KINDS).sort(), 'every kind that can be drawn is looked at here');
  const samples = new Set();
  for (const file of Object.keys(PREVIEWS)) {
    kindsOf(JSON.parse(await readFile(new URL(`../../../../schemas/meta/flows/${file}`, import.meta.url))).screens, samples);
  }
  assert.deepEqual([...samples, ...Object.keys(rest)].sort(), Object.keys(KINDS).sort(), 'in a sample or by hand, each one is drawn');
});

test('what an option does by itself is done when it is chosen, and when another one is chosen instead', async () => {
  const page = await open('/sim');
  const options = [{ id: 'a', title: 'First' }, { id: 'b', title: 'Second' }];
  // The steps that are asked for when the field, as it was before, is changed.
  const asked = async (type, value, actions, change) => {
    const component = { type, path: 'layout.children[0]', visible: true, name: 'i', label: 'Which?', value, actions, 'data-source': options };
    page.run(`answer = { name: 'x', state: { seen: [] }, screen: { title: 'x', components: [${JSON.stringify(component)}] } }`);
    page.run('asked = []; session = { answer, ask: async ({ step }) => { asked.push(step ?? null); return answer; } }; drawScreen()');
    const fields = page.$('flow').querySelector('[data-name]');
    await change(type === 'Dropdown' ? fields.querySelector('select') : fields.querySelectorAll('input'));
    return JSON.parse(page.run('JSON.stringify(asked)')).map((step) => step && `${step.trigger} ${step.option}`);
  };
  const own = (trigger, option) => ({ on: `on-${trigger}-action`, name: 'update_data', ...(option && { option }) });
  const pick = (id) => (fields) => {
    if (Array.isArray(fields)) for (const one of fields) one.checked = one.value === id; else fields.value = id;
    return (Array.isArray(fields) ? fields.find((one) => one.value === id) : fields).does('change');
  };
  const untick = (fields) => { fields[0].checked = false; return fields[0].does('change'); };
  for (const type of ['RadioButtonsGroup', 'Dropdown']) {
    assert.deepEqual(await asked(type, 'a', [own('select', 'b'), own('unselect', 'a')], pick('b')), ['unselect a', 'select b'], type);
    assert.deepEqual(await asked(type, 'a', [own('select', 'b'), own('unselect', 'b')], pick('b')), ['select b'], type);
    assert.deepEqual(await asked(type, '', [own('select'), own('unselect')], pick('b')), ['select b'], `${type} as a whole`);
    assert.deepEqual(await asked(type, '', [own('select', 'a')], pick('b')), [null], `${type} is only drawn anew`);
  }
  assert.deepEqual(await asked('Dropdown', 'a', [own('unselect')], pick('')), ['unselect a']);
  assert.deepEqual(await asked('CheckboxGroup', ['a'], [own('unselect', 'a'), own('select', 'a')], untick), ['unselect a']);
  assert.deepEqual(await asked('CheckboxGroup', ['a'], [own('unselect', 'b')], untick), [null]);
});

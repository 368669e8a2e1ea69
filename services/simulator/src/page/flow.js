// A Flow on the phone: draws the screen that the simulator renders, sends what is entered and tapped. Texts are only ever set as text.
'use strict';

// What is open: `ask(body)` takes a step and gives the next screen; `answer` is the screen.
let session = null;
// Counts what is asked, so that an answer that comes too late changes nothing.
let turn = 0;

function openFlow(bubble) {
  const path = `phones/${state.me}/chats/${number()}/flow`;
  const ask = (body, end = '/step') => api('POST', path + end, { wamid: bubble.wamid, ...body });
  act(async () => {
    const answer = await ask({}, '');
    session = { ask, answer: null, upload: (file) => uploadFile(`/sim/api/phones/${state.me}/chats/${number()}/media`, file) };
    takeFlow(answer);
    $('flow').showModal();
  })();
}

async function uploadFile(path, file) {
  const answer = await fetch(path, { method: 'POST', headers: { 'content-type': file.type || 'application/octet-stream' }, body: file });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.detail || json.code);
  return { file_name: file.name, mime_type: json.mime_type, sha256: json.sha256, id: json.id };
}

function closeFlow() { session = null; $('flow').close(); }

function takeFlow(answer) {
  if (answer.outcome === 'submitted') { closeFlow(); return; }
  if (answer.outcome === 'completed') { note(`Submitted: ${JSON.stringify(answer.answers)}`); return; }
  if (answer.outcome === 'open_url') { note(`The phone opens: ${answer.url}`); return; }
  if (answer.outcome === 'inputs') { redraw().then(() => showWrong(answer.errors)); return; }
  if (answer.outcome === 'data_exchange') { drawQuestion(answer); return; }
  session.answer = answer;
  drawScreen();
}

const note = (text) => { $('flow').lastElementChild.textContent = text; };

function showWrong(errors) {
  for (const old of $('flow').querySelectorAll('.wrong')) old.remove();
  for (const error of errors) {
    const field = $('flow').querySelector(`[data-name="${CSS.escape(error.name)}"]`);
    field?.append(el('span', 'wrong', field.dataset.error || error.detail));
  }
  note(errors.length === 1 ? 'One field must be corrected.' : `${errors.length} fields must be corrected.`);
}

function drawScreen() {
  const { screen } = session.answer;
  const dialog = $('flow');
  dialog.querySelector('strong').textContent = screen.title || session.answer.name;
  const parts = screen.components.filter((component) => component.visible).map(drawComponent).filter(Boolean);
  if (screen.footer?.visible) parts.push(drawFooter(screen.footer));
  if (session.answer.state.seen.length) parts.unshift(tapButton('← Back', 'link', () => session.ask({ state: session.answer.state })));
  dialog.querySelector('.screen').replaceChildren(...parts);
  note('');
}

function tapButton(label, className, work) {
  const button = el('button', className, label);
  button.type = 'button';
  button.onclick = async () => { turn += 1; try { takeFlow(await work()); if (!session) await look(); } catch (error) { note(error.message); } };
  return button;
}

// The Flow asks its endpoint, which nobody calls from here: whoever holds the phone answers in its place.
function drawQuestion({ name, state, request, screens }) {
  const end = { id: 'SUCCESS', data: { extension_message_response: { params: { flow_token: request.flow_token } } } };
  const known = [...screens, end];
  const choose = el('select');
  choose.append(...known.map(({ id }) => { const one = el('option', '', id); one.value = id; return one; }));
  choose.value = request.screen || screens[0].id;
  const data = el('textarea');
  data.rows = 8;
  const fill = () => { data.value = JSON.stringify(known.find(({ id }) => id === choose.value).data, null, 2); };
  choose.onchange = fill;
  fill();
  const labelled = (text, field) => { const label = el('label', '', text); label.append(field); return label; };
  const answer = () => session.ask({ ...(state ? { state } : {}), answer: { screen: choose.value, data: JSON.parse(data.value) } });
  $('flow').querySelector('strong').textContent = `${name}: its endpoint is asked`;
  $('flow').querySelector('.screen').replaceChildren(
    el('pre', '', JSON.stringify(request, null, 2)), labelled('Screen that follows', choose), labelled('Its data, JSON', data), tapButton('Answer', 'go', answer));
  note('Nobody calls the endpoint from here: answer in its place.');
}

const step = (component, more) => session.ask({ state: session.answer.state, step: { component: component.path, form: entered(), ...more } });

function drawFooter(footer) {
  const box = el('div');
  box.dataset.component = 'Footer';
  const captions = [footer['left-caption'], footer['center-caption'], footer['right-caption']].filter(Boolean).join('  ·  ');
  if (captions) box.append(el('small', '', captions));
  const button = tapButton(footer.label, 'go', () => step(footer));
  button.disabled = footer.enabled === false;
  box.append(button);
  return box;
}

const DRAWN = {
  TextHeading: (c) => el('h3', '', words(c.text)),
  TextSubheading: (c) => el('h4', '', words(c.text)),
  TextBody: (c) => el('p', '', words(c.text)),
  TextCaption: (c) => el('small', '', words(c.text)),
  RichText: (c) => el('p', '', words(c.text)),
  Image: (c) => picture(c.src, c['alt-text']),
  ImageCarousel: (c) => { const box = el('div', 'row'); box.append(...(c.images || []).map((image) => picture(image.src, image['alt-text']))); return box; },
  EmbeddedLink: (c) => tapButton(c.text, 'link', () => step(c)),
  NavigationList: (c) => {
    const box = el('div', 'choices');
    box.append(...(c['list-items'] || []).map((item) => {
      const button = tapButton(item['main-content']?.title || item.id, '', () => step(c, { option: item.id }));
      if (item['main-content']?.description) button.append(el('small', '', item['main-content'].description));
      return button;
    }));
    return box;
  },
  TextInput: (c) => field(c, input({ text: 'text', number: 'number', email: 'email', password: 'password', passcode: 'password', phone: 'tel' }[c['input-type']] || 'text')),
  TextArea: (c) => field(c, el('textarea')),
  DatePicker: (c) => field(c, dates(c)),
  CalendarPicker: (c) => field(c, dates(c)),
  Dropdown: (c) => {
    const select = el('select');
    select.append(el('option', '', ''), ...(c['data-source'] || []).map((option) => { const one = el('option', '', option.title); one.value = option.id; one.disabled = option.enabled === false; return one; }));
    select.firstElementChild.value = '';
    const wrap = field(c, select);
    let before = c.value;
    select.onchange = async () => { const left = before; before = select.value; await swapped(c, left, select.value); };
    return wrap;
  },
  RadioButtonsGroup: (c) => group(c, 'radio'),
  CheckboxGroup: (c) => group(c, 'checkbox'),
  ChipsSelector: (c) => group(c, 'checkbox'),
  OptIn: (c) => {
    const wrap = holder(c);
    const label = el('label', 'check');
    const box = input('checkbox');
    box.checked = c.value === true;
    label.append(box, c.label + (c.required ? ' *' : ''));
    wrap.append(label);
    if (c.actions?.some((action) => action.on === 'on-click-action')) wrap.append(tapButton('Read more', 'link', () => step(c)));
    wrap.read = () => box.checked;
    box.onchange = () => selected(c, box.checked ? 'select' : 'unselect');
    return wrap;
  },
  PhotoPicker: (c) => picker(c, 'image/*'),
  DocumentPicker: (c) => picker(c, (c['allowed-mime-types'] || []).join(',')),
};

function drawComponent(component) {
  const draw = DRAWN[component.type];
  const drawn = draw ? draw(component) : el('p', 'quiet', component.type);
  drawn.dataset.component = component.type;
  return drawn;
}

const words = (text) => (Array.isArray(text) ? text.join('\n') : String(text ?? ''));

function picture(base64, alt) {
  const image = el('img');
  image.src = `data:${String(base64).startsWith('iVBOR') ? 'image/png' : 'image/jpeg'};base64,${base64}`;
  image.alt = alt || '';
  return image;
}

function input(type) { const element = el('input'); element.type = type; return element; }

function dates(component) {
  const element = input('date');
  if (component['min-date']) element.min = component['min-date'];
  if (component['max-date']) element.max = component['max-date'];
  return element;
}

function holder(component) {
  const wrap = el('div');
  wrap.dataset.name = component.name;
  if (component['error-message']) wrap.dataset.error = words(component['error-message']);
  return wrap;
}

function field(component, element) {
  const wrap = holder(component);
  const label = el('label', '', component.label + (component.required ? ' *' : ''));
  element.value = component.value ?? '';
  element.disabled = component.enabled === false;
  label.append(element);
  wrap.append(label);
  if (component['helper-text']) wrap.append(el('small', '', component['helper-text']));
  wrap.read = () => element.value;
  element.onchange = () => selected(component, 'select', element.value);
  return wrap;
}

function group(component, type) {
  const wrap = holder(component);
  const set = el('fieldset');
  set.append(el('span', '', component.label + (component.required ? ' *' : '')));
  if (component.description) set.append(el('small', '', component.description));
  let chosen = [].concat(component.value ?? []).filter(Boolean);
  for (const option of component['data-source'] || []) {
    const label = el('label', 'check');
    const box = input(type);
    box.name = component.name; box.value = option.id; box.checked = chosen.includes(option.id);
    box.disabled = component.enabled === false || option.enabled === false;
    box.onchange = async () => {
      if (type === 'checkbox') { await selected(component, box.checked ? 'select' : 'unselect', option.id); return; }
      const [left] = chosen;
      chosen = [option.id];
      await swapped(component, left, option.id);
    };
    const text = el('span', '', option.title);
    if (option.description) text.append(el('small', '', option.description));
    label.append(box, text);
    set.append(label);
  }
  wrap.append(set);
  const checked = () => [...set.querySelectorAll('input:checked')].map((box) => box.value);
  wrap.read = () => (type === 'radio' ? checked()[0] ?? '' : checked());
  return wrap;
}

function picker(component, accept) {
  const wrap = holder(component);
  const label = el('label', '', component.label);
  const files = input('file');
  files.accept = accept; files.multiple = true;
  label.append(files);
  wrap.append(label);
  if (component.description) wrap.append(el('small', '', component.description));
  let kept = component.value || [];
  files.onchange = async () => { try { kept = await Promise.all([...files.files].map(session.upload)); } catch (error) { note(error.message); } };
  wrap.read = () => kept;
  return wrap;
}

// What is entered now, by the names of inputs.
function entered() {
  return Object.fromEntries([...$('flow').querySelectorAll('[data-name]')].map((wrap) => [wrap.dataset.name, wrap.read()]));
}

// What else is shown may depend on what is entered. A screen that looks the same stays as it is, with the cursor where it was.
async function redraw() {
  turn += 1;
  const [mine, before] = [turn, session.answer];
  const looks = ({ screen }) => JSON.stringify(screen, (key, value) => (key === 'value' ? undefined : value));
  try {
    const answer = await session.ask({ state: before.state, form: entered() });
    if (mine === turn && session && looks(answer) !== looks(before)) takeFlow(answer);
  } catch (error) { note(error.message); }
}

// Some inputs do something as soon as something is chosen, whatever it is, and some of their options by themselves.
const acts = ({ actions }, trigger, option) => Boolean(actions?.some((action) => action.on === `on-${trigger}-action` && (action.option ?? option) === option));

async function selected(component, trigger, option) {
  if (!acts(component, trigger, option)) { await redraw(); return; }
  turn += 1;
  try { takeFlow(await step(component, { trigger, ...(option === undefined ? {} : { option }) })); } catch (error) { note(error.message); }
}

// Of these one at most is chosen: whoever chooses another one leaves the one before.
async function swapped(component, before, after) {
  if (before && (!after || acts(component, 'unselect', before))) await selected(component, 'unselect', before);
  if (after) await selected(component, 'select', after);
}

$('flow').querySelector('header button').onclick = closeFlow;
$('flow').querySelector('form').onsubmit = (event) => { event.preventDefault(); $('flow').querySelector('.go')?.click(); };

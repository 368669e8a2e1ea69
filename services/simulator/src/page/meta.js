// What Meta holds: templates and display names to decide about, Flows to look at, and the rules. Texts are only ever set as text.
'use strict';

const GOOD = ['APPROVED', 'PUBLISHED'];
const BAD = ['REJECTED', 'DECLINED', 'DISABLED', 'PAUSED', 'BLOCKED', 'THROTTLED'];
// What Meta rejects for.
const OF_TEMPLATES = ['INVALID_FORMAT', 'ABUSIVE_CONTENT', 'CATEGORY_NOT_AVAILABLE', 'INCORRECT_CATEGORY', 'PROMOTIONAL', 'SCAM', 'TAG_CONTENT_MISMATCH'];
const OF_NAMES = ['NAME_FORMAT_UNACCEPTABLE', 'NAME_EMPLOYEE_ISSUE', 'NAME_ENDCLIENT_NOTRELATED', 'NAME_INDIVIDUAL_ISSUE', 'NAME_NOT_CONSISTENT', 'UNKNOWN'];

function badge(status) {
  return el('span', 'badge' + (GOOD.includes(status) ? ' good' : BAD.includes(status) ? ' bad' : ''), status.toLowerCase().replaceAll('_', ' '));
}

function buttons(entries) {
  return entries.map(([label, work]) => { const button = el('button', '', label); button.type = 'button'; button.onclick = act(work); return button; });
}

// Approve, or reject for the chosen reason.
function verdictButtons(reasons, approve, reject) {
  const why = el('select');
  why.setAttribute('aria-label', 'Why it is rejected');
  why.append(...reasons.map((reason) => { const one = el('option', '', reason); one.value = reason; return one; }));
  return [...buttons([['Approve', approve], ['Reject', () => reject(why.value)]]), why];
}

function drawTemplates(templates) {
  const pendingFirst = [...templates].reverse().sort((a, b) => (b.status === 'PENDING') - (a.status === 'PENDING'));
  $('templates').replaceChildren(...pendingFirst.slice(0, 40).map((template) => {
    const item = el('li', '', `${template.name} · ${template.language} `);
    const decide = (verdict, more) => () => api('POST', `templates/${template.id}/decision`, { verdict, ...more });
    const body = template.components.find((component) => component.type.toUpperCase() === 'BODY');
    item.append(badge(template.status), el('p', '', (template.rejected_reason === 'NONE' ? '' : template.rejected_reason + ' · ') + (body?.text || template.category)));
    const can = {
      APPROVED: [['Pause', decide('pause')], ['Disable', decide('disable')]],
      PAUSED: [['Resume', decide('resume')]],
      REJECTED: [['Approve', decide('approve')]],
    };
    if (template.status === 'PENDING') item.append(...verdictButtons(OF_TEMPLATES, decide('approve'), (reason) => decide('reject', { reason })()));
    item.append(...buttons(can[template.status] || []));
    return item;
  }));
  if (!templates.length) $('templates').append(el('li', 'quiet', 'none'));
}

// Numbers with a name, or with one that is asked for.
function drawNames(numbers) {
  const named = numbers.filter((one) => one.new_name || one.verified_name);
  $('names').replaceChildren(...named.map((one) => {
    const item = el('li', '', `${one.new_name || one.verified_name} · +${one.display_phone_number} `);
    item.append(badge(one.new_name_status || one.name_status));
    const decide = (decision) => api('POST', `graph/numbers/${one.phone_number_id}/display-name`, decision);
    const waits = one.new_name_status === 'PENDING_REVIEW';
    if (waits) item.append(...verdictButtons(OF_NAMES, () => decide({ approved: true }), (reason) => decide({ approved: false, reason })));
    return item;
  }));
  if (!named.length) $('names').append(el('li', 'quiet', 'none'));
}

function drawFlows(flows) {
  $('flows').replaceChildren(...[...flows].reverse().slice(0, 40).map((flow) => {
    const item = el('li', '', flow.name + ' ');
    const errors = flow.validation_errors.length;
    item.append(badge(flow.status), el('p', '', `${flow.id} · ${flow.categories.join(', ').toLowerCase().replaceAll('_', ' ')}${errors ? ` · ${errors} validation error${errors > 1 ? 's' : ''}` : ''}`));
    const turn = (status) => () => api('POST', `flows/${flow.id}/status`, { status });
    const can = { PUBLISHED: [['Throttle', turn('THROTTLED')], ['Block', turn('BLOCKED')]], THROTTLED: [['Free', turn('PUBLISHED')], ['Block', turn('BLOCKED')]], BLOCKED: [['Free', turn('PUBLISHED')]] };
    item.append(...buttons(can[flow.status] || []));
    return item;
  }));
  if (!flows.length) $('flows').append(el('li', 'quiet', 'none'));
}

const ruleFields = () => [...$('rules').querySelectorAll('[name]')];
function showRules(rules) {
  for (const field of ruleFields()) {
    if (field.type === 'checkbox') field.checked = rules[field.name]; else field.value = rules[field.name] ?? '';
  }
}

$('rules').onsubmit = (event) => act(async () => {
  const set = ruleFields().filter((field) => field.type === 'checkbox' || field.value !== '');
  showRules(await api('PUT', 'rules', Object.fromEntries(set.map((field) => [field.name, field.type === 'checkbox' ? field.checked : Number(field.value)]))));
})(event);
$('as-meta').onclick = () => act(async () => showRules(await api('PUT', 'rules', {})))();
api('GET', 'rules').then(showRules).catch(complain);

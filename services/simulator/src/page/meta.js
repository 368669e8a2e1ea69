// What Meta holds: templates to decide about, Flows to look at, and the rules. Texts are only ever set as text.
'use strict';

const GOOD = ['APPROVED', 'PUBLISHED'];
const BAD = ['REJECTED', 'DISABLED', 'PAUSED', 'BLOCKED', 'THROTTLED'];

function badge(status) {
  return el('span', 'badge' + (GOOD.includes(status) ? ' good' : BAD.includes(status) ? ' bad' : ''), status.toLowerCase().replace('_', ' '));
}

function buttons(entries) {
  return entries.map(([label, work]) => { const button = el('button', '', label); button.type = 'button'; button.onclick = act(work); return button; });
}

function drawTemplates(templates) {
  const pendingFirst = [...templates].reverse().sort((a, b) => (b.status === 'PENDING') - (a.status === 'PENDING'));
  $('templates').replaceChildren(...pendingFirst.slice(0, 40).map((template) => {
    const item = el('li', '', `${template.name} · ${template.language} `);
    const decide = (verdict, more) => () => api('POST', `templates/${template.id}/decision`, { verdict, ...more });
    const body = template.components.find((component) => component.type.toUpperCase() === 'BODY');
    item.append(badge(template.status), el('p', '', (template.rejected_reason === 'NONE' ? '' : template.rejected_reason + ' · ') + (body?.text || template.category)));
    const can = {
      PENDING: [['Approve', decide('approve')], ['Reject', decide('reject', { reason: 'INVALID_FORMAT' })]],
      APPROVED: [['Pause', decide('pause')], ['Disable', decide('disable')]],
      PAUSED: [['Resume', decide('resume')]],
      REJECTED: [['Approve', decide('approve')]],
    };
    item.append(...buttons(can[template.status] || []));
    return item;
  }));
  if (!templates.length) $('templates').append(el('li', 'quiet', 'none'));
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

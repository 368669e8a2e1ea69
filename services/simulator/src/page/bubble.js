// One message on the phone: texts, files, ticks, and what can be tapped on. Texts are only ever set as text.
'use strict';

const TICKS = { accepted: '◷', sent: '✓', delivered: '✓✓', read: '✓✓', failed: '! not delivered' };
const KINDS_WITHOUT_NAME = ['text', 'interactive', 'template', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'call'];

function drawChat() {
  const list = $('chat');
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const texts = new Map(state.chat.map((b) => [b.wamid, b.text]));
  list.replaceChildren(...state.chat.map((bubble) => drawBubble(bubble, texts)));
  const follow = () => { if (atEnd) list.scrollTop = list.scrollHeight; };
  for (const image of list.querySelectorAll('img')) image.onload = follow;
  follow();
}

function drawBubble(bubble, texts) {
  const item = el('li', (bubble.from_person ? 'mine' : '') + (bubble.revoked ? ' revoked' : ''));
  item.tabIndex = 0;
  if (bubble.reply_to) item.append(el('span', 'quote', texts.get(bubble.reply_to) || '…'));
  if (!KINDS_WITHOUT_NAME.includes(bubble.kind)) item.append(el('span', 'kind', LABELS[bubble.kind] || bubble.kind));
  if (bubble.file && !bubble.revoked) item.append(drawFile(bubble.file));
  if (bubble.place) item.append(el('span', 'place', `📍 ${bubble.place.latitude}, ${bubble.place.longitude}${bubble.place.address ? ' · ' + bubble.place.address : ''}`));
  if (bubble.header) item.append(el('span', 'header', bubble.header));
  if (bubble.revoked || bubble.text !== bubble.file?.name) item.append(el('span', 'body', bubble.revoked ? 'deleted' : bubble.text));
  if (bubble.footer) item.append(el('span', 'footer', bubble.footer));
  if (bubble.cards?.length) item.append(drawCards(bubble));
  const time = new Date(bubble.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const meta = el('span', 'meta', (bubble.edited ? 'edited · ' : '') + time + ' ');
  meta.append(el('span', bubble.tick, TICKS[bubble.tick] + (bubble.error ? ` (${bubble.error})` : '')));
  item.append(meta);
  const choices = drawChoices(bubble, null);
  if (choices) item.append(choices);
  const reactions = [bubble.person_reaction, bubble.business_reaction].filter(Boolean).join('');
  if (reactions) item.append(el('span', 'reactions', reactions));
  // A call is no message: there is nothing to answer, to edit or to delete.
  if (bubble.kind === 'call') return item;
  item.onclick = (event) => { if (!event.target.closest('button, a, audio, video')) menu(bubble); };
  item.onkeydown = (event) => { if (event.key === 'Enter' && event.target === item) menu(bubble); };
  return item;
}

function drawFile(file) {
  const source = file.id ? '/sim/api/media/' + encodeURIComponent(file.id) : null;
  const named = { image: 'img', sticker: 'img', video: 'video', audio: 'audio' }[file.kind];
  if (!source || !named) return drawPaper(file, source);
  const shown = el(named, file.kind);
  shown.src = source;
  if (named === 'img') shown.alt = file.kind; else { shown.controls = true; shown.preload = 'metadata'; }
  shown.onerror = () => shown.replaceWith(drawPaper(file, source));
  return shown;
}

function drawPaper(file, source) {
  const paper = el(source ? 'a' : 'span', 'paper', `${file.kind === 'document' ? '📄' : '📎'} ${file.name || file.link || file.kind}`);
  if (source) { paper.href = source; paper.target = '_blank'; paper.rel = 'noreferrer'; }
  return paper;
}

function drawCards(bubble) {
  const row = el('div', 'carousel');
  row.append(...bubble.cards.map((card, index) => {
    const one = el('div');
    if (card.file) one.append(drawFile(card.file));
    one.append(el('span', 'body', card.text));
    const choices = drawChoices(bubble, index);
    if (choices) one.append(choices);
    return one;
  }));
  return row;
}

// The choices of a card, or those of none. The rows of a list hide behind its button.
function drawChoices(bubble, card) {
  const mine = bubble.choices.map((choice, index) => ({ ...choice, index })).filter((choice) => (choice.card ?? null) === card);
  if (!mine.length) return null;
  const box = el('div', 'choices');
  if (bubble.list && card === null) {
    const open = el('button', '', '☰ ' + bubble.list);
    open.onclick = () => openList(bubble, mine);
    box.append(open);
    return box;
  }
  box.append(...mine.map((choice) => {
    const icon = { url: '↗ ', phone: '☎ ', copy_code: '⧉ ', nfm_reply: '▤ ', location: '📍 ', order: '🛒 ', address: '⌂ ', call: '☎ ', contacts: '👤 ' }[choice.answer] || '';
    const button = el('button', '', icon + (choice.title || choice.answer));
    button.onclick = () => choose(bubble, choice);
    return button;
  }));
  return box;
}

function openList(bubble, rows) {
  const dialog = $('list');
  let section = null;
  const shown = rows.flatMap((row) => {
    const button = el('button', '', row.title);
    if (row.description) button.append(el('small', '', row.description));
    button.onclick = () => { dialog.close(); choose(bubble, row); };
    const heading = row.section && row.section !== section ? [el('h2', '', row.section)] : [];
    section = row.section;
    return [...heading, button];
  });
  dialog.querySelector('h1').textContent = bubble.list;
  dialog.querySelector('.rows').replaceChildren(...shown);
  dialog.lastElementChild.onclick = () => dialog.close();
  dialog.showModal();
}

function choose(bubble, choice) {
  if (choice.answer === 'nfm_reply') return openFlow(bubble);
  act(async () => {
    const tapped = await api('POST', `phones/${state.me}/chats/${number()}/taps`, { wamid: bubble.wamid, choice: choice.index });
    if (tapped.did === 'opened') complain(new Error(`The phone opens: ${tapped.value}`));
  })();
}

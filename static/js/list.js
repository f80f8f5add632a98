// The list of requests: how rows enter without anything moving under the pointer, the keys or the eyes.

import { say } from './copy.js';
import { tick } from './time.js';
import { parse } from './stream.js';

const KEPT = 200; // rows in the page; the rest is behind "Older requests"
const BURST = 20; // rows in a second, from which on they enter once a second

export const app = document.querySelector('.app');
export const list = document.getElementById('list');
const pages = document.getElementById('pages');
const pill = document.getElementById('pill');
const narrow = matchMedia('(max-width: 54rem)');

export const rows = () => [...pages.querySelectorAll('a.row')];
export const number = row => Number(row.id.slice(1));
export const current = () => pages.querySelector('a.row[aria-current]');

const held = []; // newest first
let paused = false;
let over = false;
let came = []; // when the rows of the last second came
let timer = 0;
let unseen = 0;
let title = document.title;

// ── the page's title, with what came while nobody looked
export function entitle(text = title) {
  title = text;
  document.title = unseen ? `(${unseen}) ${title}` : title;
}
document.addEventListener('visibilitychange', () => { unseen = 0; entitle(); });

// ── entering
const scrolled = () => narrow.matches ? scrollY : list.scrollTop;
const mayEnter = () => !paused && scrolled() < 4 && !(over && document.hasFocus())
  && !list.contains(document.activeElement) && getSelection().isCollapsed && !timer;

function settle() {
  if (held.length && mayEnter()) enter();
}

// Lets in what waits.
export function enter() {
  const first = pages.querySelector('.rows');
  first.prepend(...held.splice(0));
  if (scrolled() < 4) trim();
  show();
}

export function toTop() {
  enter();
  list.scrollTop = 0;
  if (narrow.matches) scrollTo(0, 0);
}

function trim() {
  const extra = rows().slice(KEPT);
  if (!extra.length) return;
  const lowest = rows()[KEPT - 1];
  extra.forEach(row => row.parentElement.remove());
  prune();
  older(number(lowest));
}

// A day without rows needs no heading; today's list stays, since new rows go there.
function prune() {
  for (const day of [...pages.querySelectorAll('.rows')].slice(1)) {
    if (day.children.length) continue;
    day.previousElementSibling?.matches('.day') && day.previousElementSibling.remove();
    day.remove();
  }
}

function older(before) {
  const link = document.getElementById('older');
  link.href = `${app.dataset.path}?before=${before}`;
  link.parentElement.hidden = false;
}

function show() {
  pill.hidden = !held.length;
  pill.querySelector('span').textContent = `${held.length} new request${held.length === 1 ? '' : 's'}`;
  document.getElementById('none').hidden = rows().length > 0 || held.length > 0;
  tick();
}

// Rows that came live, newest first.
export function arrive(html) {
  const items = parse(html).filter(li => {
    const row = li.querySelector('a.row');
    return row && !document.getElementById(row.id) && !held.some(other => other.querySelector('a.row').id === row.id);
  });
  if (!items.length) return;
  for (const li of items) {
    const row = li.querySelector('a.row');
    row.classList.add('new');
    setTimeout(() => row.classList.remove('new'), 8000);
  }
  held.unshift(...items);
  const now = performance.now();
  came = [...came.filter(at => now - at < 1000), ...items.map(() => now)];
  if (came.length > BURST) timer ||= setTimeout(() => { timer = 0; settle(); }, 1000);
  if (document.hidden) {
    unseen += items.length;
    entitle();
  }
  const latest = items[0].querySelector('a.row');
  const words = `${latest.querySelector('.m').textContent} ${latest.querySelector('.url-part').textContent}`;
  say(held.length === 1 ? `New request, ${words}` : `${held.length} new requests, latest ${words}`);
  if (mayEnter()) enter();
  else show();
}

export function remove(n) {
  const waits = held.findIndex(li => li.querySelector('a.row').id === `r${n}`);
  if (waits >= 0) held.splice(waits, 1);
  document.getElementById(`r${n}`)?.parentElement.remove();
  prune();
  show();
}

export function clear() {
  held.length = 0;
  pages.querySelectorAll('.rows').forEach(day => day.replaceChildren());
  prune();
  document.getElementById('older').parentElement.hidden = true;
  show();
}

// ── reading the list again, and more of it
async function part(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(answer.status);
  return parse(await answer.text());
}

// The whole list anew, after too much was missed to be told row by row.
export async function reread() {
  const open = current();
  const fresh = await part(`${app.dataset.path}?part=list${open ? `&open=${number(open)}` : ''}`);
  held.length = 0;
  pages.replaceChildren(...fresh);
  show();
}

list.addEventListener('click', async e => {
  const link = e.target.closest('#older');
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  link.setAttribute('aria-busy', 'true');
  try {
    const more = await part(`${link.href}&part=list`);
    link.parentElement.remove();
    const last = [...pages.querySelectorAll('.rows')].at(-1);
    for (const piece of more) {
      // A day that goes on: its rows go where its rows are.
      const same = piece.matches('.rows') && piece.ariaLabel === last.ariaLabel;
      if (same) last.append(...piece.children);
      else if (piece.matches('.day') && piece.textContent === last.ariaLabel) continue;
      else if (!piece.matches('.rows') || piece.children.length) pages.append(piece);
    }
    tick();
  } catch {
    location.href = link.href;
  }
});

// ── pausing
export function pause() {
  paused = !paused;
  const button = document.getElementById('pause');
  button.querySelector('use').setAttribute('href', paused ? '#i-play' : '#i-pause');
  button.querySelector('span').textContent = paused ? 'Resume' : 'Pause';
  say(paused ? 'Paused. Requests are still captured.' : 'Live', true);
  settle();
  return paused;
}

list.addEventListener('pointerenter', e => { over = e.pointerType === 'mouse'; });
list.addEventListener('pointerleave', () => { over = false; settle(); });
list.addEventListener('scroll', settle, { passive: true });
addEventListener('scroll', settle, { passive: true });
list.addEventListener('focusout', () => setTimeout(settle));
addEventListener('blur', settle);
document.addEventListener('selectionchange', settle);
pill.querySelector('button').addEventListener('click', () => {
  toTop();
  rows()[0]?.focus();
});

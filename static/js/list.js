// The list of requests: how rows enter without anything moving under the pointer, the keys or the eyes.

import { say } from './copy.js';
import { tick } from './time.js';
import { parse } from './stream.js';
import { keep, kept, on } from './switches.js';

const KEPT = 200; // rows that stay while new ones come; the rest is behind "Older requests"
const MOST = 1000; // rows that are loaded by scrolling; from there on the link opens a page of its own
const BURST = 20; // rows in a second, from which on they enter once a second

export const app = document.querySelector('.app');
export const list = document.getElementById('list');
const pages = document.getElementById('pages');
const pill = document.getElementById('pill');
export const narrow = matchMedia('(max-width: 54rem)');

export const rows = () => [...pages.querySelectorAll('a.row')];
export const number = row => Number(row.id.slice(1));
export const current = () => pages.querySelector('a.row[aria-current]');

// An address of this bin, with the filter.
export function here(below, params) {
  const query = new URLSearchParams(params);
  if (app.dataset.q) query.set('q', app.dataset.q);
  return `${app.dataset.path}${below}${query.size ? `?${query}` : ''}`;
}

const held = []; // rows that wait, newest first, at most as many as are kept
let missed = null; // what comes while the list is read again
let reading = 0;
let waiting = 0; // how many wait, with those that are not held
let paused = false;
let over = false;
let came = []; // when the rows of the last second came
let timer = 0;
let unseen = 0;
let title = document.title;

// the page's title, with what came while nobody looked
export function entitle(text = title) {
  title = text;
  document.title = unseen ? `(${unseen}) ${title}` : title;
}
document.addEventListener('visibilitychange', () => { unseen = 0; entitle(); });

// What is newer than the newest that was here at the last visit is marked until it is opened.
const SEEN = `seen-${app.dataset.url}`;
const seen = Number(kept(SEEN));
if (seen) rows().filter(row => number(row) > seen).forEach(row => row.classList.add('new'));
addEventListener('pagehide', () => keep(SEEN, Math.max(seen, ...rows().map(number))));

// entering
const scrolled = () => narrow.matches ? scrollY : list.scrollTop;
const mayEnter = () => !paused && scrolled() < 4 && !(over && document.hasFocus())
  && !list.contains(document.activeElement) && getSelection().isCollapsed && !timer;

function settle() {
  if (held.length && mayEnter()) enter();
}

// Lets in what waits.
export function enter() {
  // More came than are held: what is listed now is older than what is left out between, and "Older requests" has both.
  const gap = waiting > held.length;
  if (gap) clear();
  const [lowest] = held.slice(-1);
  pages.querySelector('.rows').prepend(...held.splice(0));
  waiting = 0;
  if (gap) older(number(lowest.querySelector('a.row')));
  else if (scrolled() < 4) trim();
  show();
  tick();
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
  link.href = here('', { before });
  link.parentElement.hidden = false;
}

function show() {
  pill.hidden = !waiting;
  pill.querySelector('span').textContent = `${waiting} new request${waiting === 1 ? '' : 's'}`;
}

// Rows that came live, newest first.
export function arrive(html) {
  if (missed) {
    missed.push(html);
    return;
  }
  const items = parse(html).filter(li => {
    const row = li.querySelector('a.row');
    return row && !document.getElementById(row.id);
  });
  if (!items.length) return;
  for (const li of items) {
    const row = li.querySelector('a.row');
    row.classList.add('new');
    // What came while nobody looked stays marked until it is opened.
    if (!document.hidden) setTimeout(() => row.classList.remove('new'), 8000);
  }
  held.unshift(...items);
  held.length = Math.min(held.length, KEPT);
  waiting += items.length;
  const now = performance.now();
  came = [...came.filter(at => now - at < 1000), ...items.map(() => now)];
  if (document.hidden) {
    unseen += items.length;
    entitle();
  }
  const latest = items[0].querySelector('a.row');
  const words = `${latest.querySelector('.m').textContent} ${latest.querySelector('.url-part').textContent}`;
  if (document.hidden && on('notify')) notify(words);
  say(waiting === 1 ? `New request, ${words}` : `${waiting} new requests, latest ${words}`);
  // Events of one answer are told one after another: they enter together, since each entry costs a layout of the page.
  timer ||= setTimeout(() => {
    timer = 0;
    if (mayEnter()) enter();
    else show();
  }, came.length > BURST ? 1000 : 0);
}

// One notification for a bin: the latest takes the place of the one before.
function notify(words) {
  const note = new Notification(app.dataset.bin, { body: unseen === 1 ? words : `${unseen} new requests, latest ${words}`, tag: SEEN });
  note.onclick = () => { focus(); note.close(); };
}

const asks = document.getElementById('notify');
if (asks && !('Notification' in window && isSecureContext)) asks.disabled = true;
if (asks?.disabled || (asks?.checked && Notification.permission !== 'granted')) asks.checked = false;
asks?.addEventListener('change', async () => {
  if (asks.checked && await Notification.requestPermission() !== 'granted') asks.click();
});

export function remove(n) {
  const waits = held.findIndex(li => li.querySelector('a.row').id === `r${n}`);
  if (waits >= 0) {
    held.splice(waits, 1);
    waiting--;
  }
  document.getElementById(`r${n}`)?.parentElement.remove();
  prune();
  show();
}

// Takes all rows that are listed away.
function clear() {
  pages.querySelectorAll('.rows').forEach(day => day.replaceChildren());
  prune();
  document.getElementById('older').parentElement.hidden = true;
}

// All requests were deleted.
export function empty() {
  held.length = waiting = 0;
  clear();
  show();
}

// reading the list again, and more of it
async function part(address) {
  const answer = await fetch(address);
  const html = parse(await answer.text());
  if (answer.status === 422) throw html;
  if (!answer.ok) throw new Error(answer.status);
  return html;
}

// The list anew, after too much was missed or for another filter. Fails with what the server says.
export async function reread() {
  const mine = ++reading;
  const open = document.getElementById('request')?.dataset.n;
  missed ??= [];
  try {
    const fresh = await part(here('', { part: 'list', ...open && { open } }));
    if (mine !== reading) return;
    held.length = waiting = 0;
    pages.replaceChildren(...fresh);
  } finally {
    if (mine === reading) {
      const since = missed;
      missed = null;
      since.forEach(arrive);
      show();
      tick();
      follow();
    }
  }
}

list.addEventListener('click', async e => {
  const link = e.target.closest('#older');
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey || rows().length >= MOST) return;
  e.preventDefault();
  if (link.ariaBusy) return;
  link.ariaBusy = 'true';
  try {
    const more = await part(`${link.href}&part=list`);
    link.parentElement.remove();
    const last = [...pages.querySelectorAll('.rows')].at(-1);
    for (const piece of more) {
      // A day that goes on: its rows go where its rows are.
      const same = piece.matches('.rows') && piece.ariaLabel === last.ariaLabel;
      if (piece.matches('.none')) pages.querySelector('.none').remove();
      if (same) last.append(...piece.children);
      else if (piece.matches('.day') && piece.textContent === last.ariaLabel) continue;
      else if (!piece.matches('.rows') || piece.children.length) pages.append(piece);
    }
    tick();
    follow();
  } catch {
    location.href = link.href;
  }
});

// Older rows come by themselves when their link comes near.
const near = new IntersectionObserver(entries => {
  if (entries.some(entry => entry.isIntersecting) && rows().length < MOST) document.getElementById('older').click();
}, { root: narrow.matches ? null : list, rootMargin: '400px' });

function follow() {
  near.disconnect();
  const link = document.getElementById('older');
  if (!link.parentElement.hidden) near.observe(link);
}
if (!rows().length) follow();
list.addEventListener('scroll', follow, { once: true, passive: true });
addEventListener('scroll', follow, { once: true, passive: true });

// pausing
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

// Opening a request beside the list: the link's page is fetched in part, and takes the place of the one that was open.

import { say } from './copy.js';
import { app, current, entitle, narrow, remove, rows } from './list.js';
import { parse } from './stream.js';
import { wire } from './tree.js';

const detail = () => document.getElementById('request');
let turn = 0;

export const opened = () => Number(detail()?.dataset.n);

// Marks the row of the request that is open, and gives it.
function mark(n) {
  const row = document.getElementById(`r${n}`);
  current()?.removeAttribute('aria-current');
  row?.setAttribute('aria-current', 'true');
  return row;
}

// Where the reader is: the part of the request that is at the top, and the way its body is shown.
function place(address) {
  const at = detail()?.querySelector('.toc a[aria-current]');
  const first = detail()?.querySelector('.toc a');
  const view = new URLSearchParams(location.search).get('view');
  if (view && !address.searchParams.has('view')) address.searchParams.set('view', view);
  return at && at !== first ? at.hash.slice(1) : null;
}

// Opens the request behind a link. Addresses are replaced, not added: Back leaves the bin, not forty requests.
async function open(href, keep) {
  const mine = ++turn;
  const address = new URL(href, location.href);
  const part = place(address);
  const { q } = app.dataset; // the filter may have changed since the link was drawn
  q ? address.searchParams.set('q', q) : address.searchParams.delete('q');
  const top = detail()?.scrollTop ?? 0;
  const n = Number(/\/requests\/(\d+)/.exec(address.pathname)?.[1]);
  const row = mark(n);
  row?.classList.remove('new');
  row?.scrollIntoView({ block: 'nearest' });
  detail()?.setAttribute('aria-busy', 'true'); // dims only when the answer takes longer than 150 ms
  const asked = new URL(address);
  asked.searchParams.set('part', 'detail');
  const html = await fetch(asked).then(answer => answer.ok ? answer.text() : '').catch(() => null);
  if (mine !== turn) return; // j j j: only the last one is painted
  if (html === null) { // no answer: the page is not given up for the browser's error
    mark(opened());
    detail().removeAttribute('aria-busy');
    return say('No answer from the server', true);
  }
  const fresh = parse(html).find(e => e.matches('.detail'));
  if (!fresh) return location.assign(address);
  detail().replaceWith(fresh);
  wire(fresh);
  history.replaceState(null, '', address);
  document.getElementById('deleted')?.remove();
  entitle(`Request ${n} · ${app.dataset.bin} · hookwell`);
  if (keep) fresh.scrollTop = top;
  else if (part) fresh.querySelector(`#${CSS.escape(part)}`)?.scrollIntoView();
}

export function select(row) {
  if (!row) return;
  if (narrow.matches) location.href = row.href;
  else open(row.href);
}

export function step(by) {
  const all = rows();
  const at = all.indexOf(current());
  select(all[Math.max(0, Math.min(all.length - 1, at + by))]);
}

document.addEventListener('click', e => {
  if (e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button) return;
  // Places inside the open request add nothing to the history either: going back to one would name another request.
  const place = e.target.closest('.detail a[href^="#"]');
  if (place) {
    e.preventDefault();
    location.replace(place.href);
    return;
  }
  const row = e.target.closest('#pages a.row');
  const view = e.target.closest('.detail .tabs a, .detail a[data-view]');
  const near = e.target.closest('.detail .acts a[href*="/requests/"]');
  const link = row ?? view ?? (near?.closest('.pop') || near?.download || near?.dataset.copy !== undefined ? null : near);
  if (!link || (narrow.matches && !view) || !link.getAttribute('href')?.includes('/requests/')) return;
  e.preventDefault();
  open(link.href, !!view);
});

// Deleting one: its row goes, and the next older one is opened.
document.addEventListener('submit', async e => {
  const form = e.target.closest('form[action*="/delete"]');
  const n = Number(/\/requests\/(\d+)\/delete/.exec(form?.getAttribute('action'))?.[1]);
  if (!n || narrow.matches) return;
  e.preventDefault();
  detail()?.removeAttribute('data-n');
  // Looked up first: the stream may be faster than the answer.
  const all = rows();
  const at = all.indexOf(document.getElementById(`r${n}`));
  const next = at < 0 ? null : all[at + 1] ?? all[at - 1];
  const answer = await fetch(form.action, { method: 'POST', redirect: 'manual' }).catch(() => {});
  if (!(answer?.status < 400)) {
    form.submit();
    return;
  }
  remove(n);
  say(`Request ${n} deleted`, true);
  if (next) select(next);
  else location.href = app.dataset.path;
});

if (detail()) wire(detail());

// The page of a bin, live.

import { app, arrive, empty, entitle, here, list, number, pause, remove, reread, rows } from './list.js';
import { opened } from './select.js';
import { parse, watch } from './stream.js';

const DELAY = 2000; // a blip is silent
const LONG = 120_000; // from then on it is no blip

const state = document.getElementById('state');
const notes = document.getElementById('notes');
let paused = false;
let stream = null;

// notes under the status line, one of a kind
function note(id, strong, words, button, act) {
  let element = document.getElementById(id);
  if (!element) {
    element = document.getElementById('note').content.firstElementChild.cloneNode(true);
    element.id = id;
    notes.append(element);
  }
  element.querySelector('b').textContent = strong;
  const span = element.querySelector('span');
  if (span.textContent !== words) span.textContent = words;
  const control = element.querySelector('.btn');
  control.hidden = !button;
  control.textContent = button ?? '';
  control.onclick = act ?? null;
  return element;
}
const drop = id => document.getElementById(id)?.remove();

// the state in the status line
let word = 'Live';
function tell(text = word) {
  word = text;
  const shown = paused && word === 'Live' ? 'Paused' : word;
  state.textContent = shown;
  document.querySelector('.status .dot').className = `dot ${shown === 'Live' ? 'on' : 'off'}`;
}

const clock = at => new Date(at).toLocaleTimeString(undefined, { hour12: false });

function told(what, since, seconds) {
  if (what === 'live') {
    tell('Live');
    drop('lost');
  } else if (what === 'gone') {
    tell('Ended');
    drop('lost');
    note('gone', 'This bin is gone.', 'It was deleted, or its time ran out. What is shown stays until you leave.',
      'Home', () => { location.href = '/'; });
  } else if (Date.now() - since >= LONG) {
    tell('Not live');
    note('lost', 'No longer live.', 'The server has not answered for over 2 min. Capturing may have stopped too.',
      'Try now', () => stream.open());
  } else if (Date.now() - since >= DELAY) {
    tell('Reconnecting');
    note('lost', `Connection lost at ${clock(since)}.`,
      `Next try in ${seconds} s. What arrives meanwhile is captured and shown then.`, 'Try now', () => stream.open());
  }
}

const calm = (id, strong, words) => note(id, strong, words, 'Close', () => drop(id)).classList.add('calm');

if (app.dataset.stream) {
  stream = watch(after => here('/stream', { after }), Math.max(0, ...rows().map(number)), {
    state: told,
    row(html) {
      drop('cleared');
      arrive(html);
    },
    count: html => document.getElementById('count').replaceChildren(
      ...new DOMParser().parseFromString(html, 'text/html').body.childNodes),
    marked(html) {
      const [row] = parse(html)[0].children;
      const old = document.getElementById(row.id);
      row.ariaCurrent = old?.ariaCurrent;
      old?.replaceWith(row);
    },
    // The open request was sent on once more. Whoever stands among its attempts with the keys stays there.
    async attempted(numbers) {
      const open = document.getElementById('request');
      const again = open?.querySelector('#forwards:not(:focus-within) a');
      if (!again || (numbers !== 'all' && !numbers.split(' ').includes(open.dataset.n))) return;
      const answer = await fetch(again.href.replace('?', '?part=detail&'));
      const fresh = parse(await answer.text()).find(e => e.matches('.detail'));
      for (const part of fresh ? ['#forwards', '.toc [href="#forwards"]'] : []) {
        open.querySelector(part).replaceChildren(...fresh.querySelector(part).childNodes);
      }
    },
    deleted(n) {
      remove(Number(n));
      if (opened() === Number(n)) calm('deleted', `#${n} was deleted.`, 'It stays here until you open another.');
    },
    cleared() {
      empty();
      calm('cleared', 'All requests were deleted.', 'New ones appear as before.');
    },
    resync: () => reread().catch(() => location.reload()),
    async updated() {
      // The settings page has the same top bar, and little else.
      const answer = await fetch(`${app.dataset.path}/settings`);
      if (!answer.ok) return;
      const [bar] = parse(await answer.text()).filter(e => e.matches('.bar'));
      if (!bar) return;
      document.querySelector('.bar').replaceWith(bar);
      const name = bar.querySelector('h1').textContent;
      entitle(document.title.replace(/^\(\d+\) /, '').replace(app.dataset.bin, name));
      app.dataset.bin = name;
    },
  });
  const box = document.getElementById('q');
  const error = document.getElementById('q-error');
  let typing = 0;

  // Another filter: nothing that the old one lets through comes any more while the list is read.
  const filter = async () => {
    clearTimeout(typing);
    const q = box.value.trim();
    const was = app.dataset.q;
    if (q === was && !error.firstChild) return;
    app.dataset.q = q;
    stream.close();
    try {
      await reread();
      error.replaceChildren();
    } catch (why) {
      if (!Array.isArray(why)) return box.form.submit();
      app.dataset.q = was;
      error.replaceChildren(...why);
    }
    if (box.value.trim() !== q) return;
    box.ariaInvalid = `${!!error.firstChild}`;
    stream.open();
    document.getElementById('turn').href = here('', { after: 0 });
    const address = new URL(location);
    app.dataset.q ? address.searchParams.set('q', app.dataset.q) : address.searchParams.delete('q');
    history.replaceState(null, '', address);
  };
  box.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(filter, 250);
  });
  box.form.addEventListener('submit', e => {
    e.preventDefault();
    filter();
  });
  document.getElementById('pause').addEventListener('click', () => { paused = pause(); tell(); });
}

list.querySelector('[aria-current]')?.scrollIntoView({ block: stream ? 'nearest' : 'center' });

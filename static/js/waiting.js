// The page of an empty bin: the waiting line becomes the first request. The page does not leave by itself.

import { parse, watch } from './stream.js';

const line = document.getElementById('waiting');
const state = document.getElementById('state');
const title = document.title;
const first = state.textContent;
let came = 0;

watch(after => `${line.dataset.stream}?after=${after}`, 0, {
  row(html) {
    const items = parse(html);
    const newest = items[0]?.querySelector('a.row');
    if (!newest) return;
    came += items.length;
    const open = document.getElementById('came').content.firstElementChild.firstElementChild.cloneNode(true);
    open.textContent = came === 1 ? 'Open' : `Open all ${came}`;
    line.className = 'waiting came';
    line.replaceChildren(newest, open);
    document.title = `(${came}) ${title.replace(', waiting', '')}`;
  },
  state(what, since, seconds) {
    const dot = line.querySelector('.dot');
    if (dot) dot.className = `dot ${what === 'live' ? 'on' : 'off'}`;
    if (what === 'live') state.textContent = first;
    else if (what === 'gone') state.textContent = 'This bin is gone.';
    else if (Date.now() - since >= 2000) state.textContent = `Connection lost. Next try in ${seconds} s.`;
  },
});

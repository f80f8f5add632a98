// Single keys. Off while typing, with a modifier, in a dialog, and by a switch; none deletes anything.

import { rows, toTop } from './list.js';
import { select, step } from './select.js';
import { on } from './switches.js';

const dialog = document.getElementById('keys');
const tab = n => document.querySelectorAll('.detail .sec .tabs > *')[n]?.click?.();

const box = document.getElementById('q');

const keys = {
  '/': () => box.select(),
  j: () => step(1),
  k: () => step(-1),
  g: () => { toTop(); select(rows()[0]); },
  G: () => select(rows().at(-1)),
  p: () => document.querySelector('.detail [aria-keyshortcuts=p]')?.click(),
  P: () => document.getElementById('pause')?.click(),
  c: () => document.querySelector('.detail [aria-keyshortcuts=c]')?.click(),
  r: () => document.querySelector('.detail [aria-keyshortcuts=r]')?.click(),
  y: () => document.querySelector('.detail [aria-keyshortcuts=y]')?.click(),
  1: () => tab(0),
  2: () => tab(1),
  3: () => tab(2),
  4: () => tab(3),
  '?': () => dialog.showModal(),
};

document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || document.querySelector('dialog[open]')) return;
  if (e.key === 'Escape' && e.target === box) {
    e.preventDefault(); // what is typed stays
    box.blur();
  }
  if (e.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]')) return;
  if (!on('single-keys') && e.key !== '?') return;
  const act = Object.hasOwn(keys, e.key) && keys[e.key];
  if (!act) return;
  e.preventDefault();
  act();
});

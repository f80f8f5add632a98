// Single keys. Off while typing, with a modifier, in a dialog, and by a switch; none deletes anything.

import { rows, toTop } from './list.js';
import { select, step } from './select.js';
import { on } from './switches.js';

const dialog = document.getElementById('keys');
const box = document.getElementById('q');

const keys = {
  '/': () => box.select(),
  j: () => step(1),
  k: () => step(-1),
  g: () => { toTop(); select(rows()[0]); },
  G: () => select(rows().at(-1)),
  P: () => document.getElementById('pause')?.click(),
  '?': () => dialog.showModal(),
};
for (const key of 'pcry') keys[key] = () => document.querySelector(`.detail [aria-keyshortcuts=${key}]`)?.click();
for (const n of '1234') keys[n] = () => document.querySelectorAll('.detail .sec .tabs > *')[n - 1]?.click?.();

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

// What every page has: copying, times, menus, the theme's state, questions before deleting.

import './copy.js';
import './time.js';

// Menus are <details>: they close on a click elsewhere, when focus leaves, and on Esc.
const menus = () => document.querySelectorAll('details.menu[open]');
for (const kind of ['click', 'focusin']) {
  document.addEventListener(kind, e => menus().forEach(menu => { if (!menu.contains(e.target)) menu.open = false; }));
}
document.addEventListener('keydown', e => {
  const menu = e.key === 'Escape' && menus()[0];
  if (!menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});

// What is opened to be written in has the focus at once.
document.addEventListener('click', e => setTimeout(() =>
  e.target.closest('summary')?.parentElement.querySelector('[name=note], #to')?.focus()));

// The choice of theme is known to the stylesheet alone.
const theme = getComputedStyle(document.documentElement).getPropertyValue('--theme').trim();
document.querySelectorAll('[name=theme]').forEach(b => b.setAttribute('aria-pressed', b.value === theme));

// Clear and delete ask in a dialog, with the words of the page that asks without script.
document.addEventListener('click', async e => {
  const link = e.target.closest('a[data-confirm]');
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
  e.preventDefault();
  try {
    const answer = await fetch(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const asked = page.querySelector('main.msg');
    if (!answer.ok || !asked) throw new Error();
    const dialog = document.createElement('dialog');
    dialog.setAttribute('closedby', 'any');
    const body = document.createElement('div');
    body.className = 'msg';
    body.append(...asked.childNodes);
    const title = body.querySelector('h2');
    title.id = 'asked';
    dialog.setAttribute('aria-labelledby', 'asked');
    const keep = body.querySelector('[data-close]');
    keep.autofocus = true;
    keep.addEventListener('click', e => { e.preventDefault(); dialog.close(); });
    dialog.addEventListener('close', () => dialog.remove());
    dialog.append(body);
    document.body.append(dialog);
    menus().forEach(menu => { menu.open = false; });
    dialog.showModal();
  } catch {
    location.href = link.href;
  }
});

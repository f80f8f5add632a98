// Inside an open request: JSON lines with their paths, and which part is being read.

import { put, say } from './copy.js';
import { app, narrow } from './list.js';

function mark(line) {
  const tree = line.closest('.tree');
  tree.querySelector('.at')?.classList.remove('at');
  line.classList.add('at');
  const bar = tree.parentElement.querySelector('.pathbar');
  if (!bar) return;
  const { path } = line.dataset;
  const text = plain(value(line));
  const by = bar.querySelector('a');
  by.hidden = !value(line) || text.length > 200 || !/^json\.[\w.[\]-]+$/.test(path);
  const words = /^[\w.@-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
  by.href = `${app.dataset.path}?${new URLSearchParams({ q: `${path}:${words}` })}`;
  bar.querySelector('code').textContent = path;
  bar.hidden = false;
}

const value = line => line?.querySelector(':scope > .s, :scope > .n, :scope > .l')?.textContent ?? '';

// What a JSON string says, without its quotes and escapes.
function plain(text) {
  try {
    const read = JSON.parse(text);
    return typeof read === 'string' ? read : text;
  } catch {
    return text;
  }
}

function keys(tree, e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const lines = [...tree.querySelectorAll('.ln[data-path]')].filter(line => line.checkVisibility());
  const at = lines.findIndex(line => line.classList.contains('at'));
  const line = lines[at];
  const part = line?.matches('summary') ? line.parentElement : null;
  switch (e.key) {
    case 'ArrowDown':
    case 'ArrowUp': {
      const next = lines[Math.max(0, Math.min(lines.length - 1, at + (e.key === 'ArrowDown' ? 1 : -1)))];
      if (!next) return;
      mark(next);
      next.scrollIntoView({ block: 'nearest' });
      say(next.dataset.path, true);
      break;
    }
    case 'ArrowLeft':
    case 'ArrowRight':
      if (part) part.open = e.key === 'ArrowRight';
      break;
    case 'Enter':
      if (line) put(line.dataset.path, tree.parentElement.querySelector('.pathbar [data-path]'));
      break;
    case 'v':
      if (line) put(plain(value(line)), tree.parentElement.querySelector('.pathbar [data-value]'));
      break;
    default:
      return;
  }
  e.preventDefault();
  e.stopPropagation();
}

export function wire(article) {
  for (const tree of article.querySelectorAll('.tree')) {
    // One tab stop: folds are reached by arrows.
    tree.tabIndex = 0;
    tree.setAttribute('role', 'group');
    tree.setAttribute('aria-label', 'JSON, use arrow keys');
    tree.querySelectorAll('summary').forEach(summary => { summary.tabIndex = -1; });
    tree.addEventListener('keydown', e => keys(tree, e));
    tree.addEventListener('click', e => {
      const hit = e.target.closest('.ln') ?? e.target.closest('.no')?.nextElementSibling;
      const line = hit?.matches('details') ? hit.querySelector('summary') : hit;
      if (line?.dataset.path) mark(line);
    });
    const bar = tree.parentElement.querySelector('.pathbar');
    bar?.addEventListener('click', e => {
      const button = e.target.closest('button');
      const line = tree.querySelector('.at');
      if (!button || !line) return;
      put('value' in button.dataset ? plain(value(line)) : line.dataset.path, button);
    });
  }
  follow(article);
}

// Marks the part that is being read: the last that begins in the upper third.
function follow(article) {
  const links = [...article.querySelectorAll('.toc a')];
  const parts = [...article.querySelectorAll('.sec')];
  let chosen = 0;
  const mark = id => links.forEach(link => {
    if (link.hash === `#${id}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  });
  const seen = new IntersectionObserver(([{ rootBounds }]) => {
    if (!rootBounds || Date.now() - chosen < 600) return;
    const top = narrow.matches ? scrollY : article.scrollTop;
    const begun = parts.filter(part => part.getBoundingClientRect().top < rootBounds.bottom);
    mark((top < 4 ? parts[0] : begun.at(-1) ?? parts[0]).id);
  }, { root: narrow.matches ? null : article, rootMargin: '0px 0px -66% 0px' });
  parts.forEach(part => seen.observe(part));
  // The last parts may be too short to come up there.
  links.forEach(link => link.addEventListener('click', () => {
    chosen = Date.now();
    mark(link.hash.slice(1));
  }));
}

// Relative times that go on. The words are those of src/web/page/text.rs.

import { on } from './switches.js';

const server = Number(document.querySelector('[data-now]')?.dataset.now);
// The reader's clock may be wrong; the server's is what the times were taken by.
const ahead = server ? Date.now() - server : 0;

export function age(seconds) {
  const s = Math.floor(seconds);
  const many = (n, unit) => `${n} ${unit}${n === 1 ? '' : 's'}`;
  if (s < 1) return 'now';
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  if (s < 1209600) return many(Math.floor(s / 86400), 'day');
  if (s < 6048000) return many(Math.floor(s / 604800), 'week');
  if (s < 63072000) return many(Math.floor(s / 2592000), 'month');
  return many(Math.floor(s / 31536000), 'year');
}

// A row stands under its day, so that its time is enough; elsewhere the day is said too.
function exact(at, row) {
  const moment = new Date(at);
  return row ? moment.toLocaleTimeString(undefined, { hour12: false }) : moment.toLocaleString(undefined, { hour12: false });
}

export function tick() {
  if (document.hidden) return;
  const exactly = on('exact-times');
  for (const e of document.querySelectorAll('.row time, .age time, [data-ago]')) {
    const at = Date.parse(e.dateTime || e.dataset.ago);
    if (Number.isNaN(at)) continue;
    const words = age((Date.now() - ahead - at) / 1000);
    const ago = 'ago' in e.dataset;
    const text = exactly ? exact(at, !ago) : !ago ? words : words === 'now' ? 'just now' : `${words} ago`;
    if (e.textContent !== text) e.textContent = text;
  }
}

tick();
setInterval(tick, 1000);
document.getElementById('exact-times')?.addEventListener('change', tick);
document.addEventListener('visibilitychange', tick);

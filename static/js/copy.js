// Copying, and the one line that is read out.

const region = document.createElement('div');
region.className = 'vh';
region.setAttribute('role', 'status');
document.body.append(region);

let due = 0;
let next = '';

// Has a sentence read out: the latest each 4 s, so that a burst is no flood; `now` in answer to a key or click.
export function say(text, now = false) {
  next = text;
  if (now) region.textContent = text;
  else due ||= setTimeout(() => { region.textContent = next; due = 0; }, 4000);
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(answer.status);
  return answer.text();
}

// What a copy button means: its attribute, or the code or cell that it stands beside.
function meant(button) {
  if (button.dataset.copy) return button.dataset.copy;
  const near = button.closest('.url')?.querySelector('code')
    ?? button.closest('.code')?.querySelector('pre')
    ?? button.closest('tr')?.querySelector('td')
    ?? button.closest('h2').querySelector('span:not(.m)');
  // Signs that were added to the bytes are not part of them.
  const copy = near.cloneNode(true);
  copy.querySelectorAll('.tag, .vh').forEach(e => e.remove());
  return copy.textContent.trim();
}

// Puts text on the clipboard; a button says so in its own place.
export async function put(text, button) {
  try {
    await navigator.clipboard.writeText(await text);
  } catch {
    say('Copying is blocked here. Select the text and copy it.', true);
    return;
  }
  say('Copied', true);
  if (!button) return;
  button.dataset.copied = '';
  clearTimeout(button.timer);
  // By key, from a menu that is closed: its button says so.
  const icon = button.closest('details:not([open])')?.querySelector('summary use');
  icon?.setAttribute('href', '#i-check');
  button.timer = setTimeout(() => {
    delete button.dataset.copied;
    icon?.setAttribute('href', '#i-copy');
  }, 1600);
}

document.addEventListener('click', e => {
  const button = e.target.closest('[data-copy], [data-copy-from]');
  if (!button || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  const from = button.dataset.copyFrom ?? null;
  put(from === null ? meant(button) : fetched(from || button.href), button);
});

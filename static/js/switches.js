// What a reader switched on or off, kept by the browser. Storage may be forbidden; then a switch lasts as long as the page.

const storage = act => { try { return act(localStorage); } catch { return null; } };

export const kept = name => storage(s => s.getItem(`hookwell-${name}`));
export const keep = (name, value) => storage(s => s.setItem(`hookwell-${name}`, value));

export const on = name => (document.getElementById(name)?.checked ?? kept(name) === 'on');

for (const box of document.querySelectorAll('.check input[id]')) {
  const was = kept(box.id);
  if (was) box.checked = was === 'on';
  box.addEventListener('change', () => keep(box.id, box.checked ? 'on' : 'off'));
}

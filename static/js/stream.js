// One live stream that comes back: after an error by itself, and when a page that was hidden is shown again.

const TRY_AGAIN = [1, 2, 4, 8, 15]; // seconds
const HIDDEN = 20_000; // browsers allow six streams an origin, and people keep pages open

// Opens the stream at `address(n)`, behind the number n, which is `after` at first. `on` has functions by event, given its data, and `state`, given 'live', 'gone', or
// 'lost' with the time since and the seconds to the next try.
export function watch(address, after, on) {
  let source = null;
  let last = after;
  let tries = 0;
  let since = 0;
  let at = 0;
  let timer = 0;
  let hiding = 0;
  let over = false;

  const close = () => {
    source?.close();
    source = null;
    clearInterval(timer);
  };

  const end = () => {
    over = true;
    close();
    on.state('gone');
  };

  const lost = answered => {
    close();
    since ||= Date.now();
    at = Date.now() + 1000 * (TRY_AGAIN[Math.min(tries++, TRY_AGAIN.length - 1)] + Math.random());
    timer = setInterval(count, 1000);
    count();
    // The server answered, but with no stream: is the bin still there?
    if (answered) {
      fetch(address(0).replace(/\/stream.*/, '/clear'), { method: 'HEAD' })
        .then(answer => { if (answer.status === 410 || answer.status === 404) end(); })
        .catch(() => {});
    }
  };

  const count = () => {
    if (Date.now() >= at) open();
    else on.state('lost', since, Math.ceil((at - Date.now()) / 1000));
  };

  const open = () => {
    if (over) return;
    close();
    const mine = new EventSource(address(last));
    source = mine;
    mine.onopen = () => {
      tries = since = 0;
      on.state('live');
    };
    mine.onerror = () => lost(mine.readyState === EventSource.CLOSED);
    for (const name of ['row', 'marked', 'attempted', 'deleted', 'cleared', 'updated', 'resync', 'count']) {
      mine.addEventListener(name, e => {
        if (e.lastEventId) last = Math.max(last, Number(e.lastEventId));
        on[name]?.(e.data);
      });
    }
    mine.addEventListener('gone', end);
  };

  document.addEventListener('visibilitychange', () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(close, HIDDEN);
    else if (!source) open();
  });
  // A page in the browser's back-forward cache must not hold a stream.
  addEventListener('pagehide', close);
  addEventListener('pageshow', e => { if (e.persisted) open(); });

  open();
  return { open, close };
}

// The elements of rendered HTML. Parsed apart from the page: nothing in it is run or loaded.
export function parse(html) {
  return [...new DOMParser().parseFromString(html, 'text/html').body.children];
}

// Watches a page from within: how long its main thread stands still, and when lines are painted.
(() => {
  const probe = { stalls: [], painted: [], keys: [] };
  window.probe = probe;
  new PerformanceObserver(list => {
    probe.stalls.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: 'longtask' });
  new PerformanceObserver(list => {
    for (const { name, duration } of list.getEntries()) {
      if (name === 'keydown') {
        probe.keys.push(duration);
      }
    }
  }).observe({ type: 'event', durationThreshold: 16 });

  // Behind the frame in which something was changed.
  const afterPaint = then => requestAnimationFrame(() => setTimeout(then));

  // The end of what an element holds; the whole text of a large one would cost what is measured.
  const ending = element => {
    const walker = element && document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let node = walker?.lastChild();
    while (node && node.substringData(Math.max(0, node.length - 200), 200).trim() === '') {
      node = walker.previousNode();
    }
    return node ? node.substringData(Math.max(0, node.length - 200), 200) : '';
  };

  /** Resolves to the time at which the last of some elements ends with a text and is painted. */
  probe.shown = (selector, text, patience) =>
    new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`${text} is not shown`)), patience);
      const look = () => {
        const elements = document.querySelectorAll(selector);
        if (ending(elements[elements.length - 1]).includes(text)) {
          afterPaint(() => resolve(Date.now()));
        } else {
          requestAnimationFrame(look);
        }
      };
      look();
    });

  /** Keep, of lines that end with the time they were printed at, how long that is ago. */
  probe.watchLines = selector => {
    const printed = () =>
      [...document.querySelectorAll(selector)]
        .map(line => Number(line.textContent.split(' ').pop()))
        .filter(Number.isFinite);
    // What is there already was painted before anybody looked.
    let last = Math.max(...printed());
    const look = () => {
      const times = printed().filter(time => time > last);
      last = Math.max(last, ...times);
      afterPaint(() => probe.painted.push(...times.map(time => Date.now() - time)));
    };
    new MutationObserver(look).observe(document.querySelector(selector).parentElement, {
      childList: true,
      characterData: true,
      subtree: true
    });
  };

  /** Scroll up for some milliseconds, a bit with each frame; resolves to frames a second. */
  probe.scroll = (selector, milliseconds) =>
    new Promise(resolve => {
      const element = document.querySelector(selector);
      const start = performance.now();
      let frames = 0;
      const step = now => {
        if (now - start > milliseconds) {
          resolve((1000 * frames) / (now - start));
          return;
        }
        frames += 1;
        element.dispatchEvent(new WheelEvent('wheel', { deltaY: -120 }));
        element.scrollTop -= 120;
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
})();

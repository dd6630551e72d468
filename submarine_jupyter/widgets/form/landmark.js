// What ipywidgets leave out: the form's role and name, each problem as the description of its
// field, keys kept from the notebook's shortcuts, and the clipboard.
const FORM = '.submarine-ExperimentForm';

function describe(root) {
  for (const field of root.querySelectorAll('.submarine-FormField')) {
    const control = field.querySelector('input, textarea, select');
    const problem = field.querySelector('.submarine-Problem');
    if (!control || !problem) continue;
    problem.id ||= `submarine-problem-${crypto.randomUUID?.() ?? Math.random()}`;
    const wrong = problem.textContent.trim() !== '';
    if ((control.getAttribute('aria-invalid') === 'true') === wrong) continue;
    if (wrong) {
      control.setAttribute('aria-invalid', 'true');
      control.setAttribute('aria-describedby', problem.id);
    } else {
      control.removeAttribute('aria-invalid');
      control.removeAttribute('aria-describedby');
    }
  }
}

function render({ model, el }) {
  const observer = new MutationObserver(() => describe(root));
  let root = null;
  let frame = 0;
  const attach = () => {
    root = el.closest(FORM);
    if (!root) {
      // It is rendered first and put into the page later.
      frame = requestAnimationFrame(attach);
      return;
    }
    root.setAttribute('role', 'form');
    root.setAttribute('aria-label', model.get('label'));
    root.dataset.lmSuppressShortcuts = 'true';
    observer.observe(root, { childList: true, subtree: true, characterData: true });
    describe(root);
  };
  const take = message => {
    if (message.type !== 'copy') return;
    const done = navigator.clipboard?.writeText(message.text) ?? Promise.reject();
    done.then(
      () => model.send({ type: 'copied' }),
      () => model.send({ type: 'not-copied' })
    );
  };
  model.on('msg:custom', take);
  attach();
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
    model.off('msg:custom', take);
  };
}

export default { render };

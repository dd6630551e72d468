// A field for a value that only the kernel keeps: what is typed goes there as a message, and is
// never part of the widget's state, which a notebook may save.
function render({ model, el }) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  el.classList.add('jupyter-widgets', 'widget-inline-hbox', 'widget-text', 'submarine-Secret');
  label.className = 'widget-label';
  input.id = label.htmlFor = `submarine-secret-${crypto.randomUUID?.() ?? Math.random()}`;
  input.type = 'password';
  input.autocomplete = 'new-password';
  const show = () => {
    label.textContent = model.get('description');
    input.placeholder = model.get('held') ? '••••••••' : '';
  };
  input.addEventListener('input', () => model.send({ type: 'value', value: input.value }));
  const clear = message => {
    if (message.type === 'clear') input.value = '';
  };
  model.on('change', show);
  model.on('msg:custom', clear);
  show();
  el.append(label, input);
  return () => {
    model.off('change', show);
    model.off('msg:custom', clear);
  };
}

export default { render };

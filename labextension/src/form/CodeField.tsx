import { CodeEditor, type IEditorServices } from '@jupyterlab/codeeditor';
import { type TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useLayoutEffect, useRef } from 'react';

interface ICodeFieldProps {
  label: string;
  text: string;
  mimeType: string;
  /** JupyterLab's editors; a plain field without. */
  services: IEditorServices | null;
  trans: TranslationBundle;
  onChange: (text: string) => void;
}

/** A text to edit, in colours where there are JupyterLab's editors. */
export function CodeField(props: ICodeFieldProps): JSX.Element {
  const { label, text, mimeType, services, onChange } = props;
  return services ? (
    <Editor {...props} services={services} />
  ) : (
    <textarea
      className="submarine-Field jp-SubmarineForm-code"
      aria-label={label}
      data-mime-type={mimeType}
      value={text}
      spellCheck={false}
      onChange={event => onChange(event.target.value)}
    />
  );
}

function Editor(props: ICodeFieldProps & { services: IEditorServices }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const model = useRef<CodeEditor.Model | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { services, mimeType, label, trans } = props;
  const wayOut = trans.__('Tab indents; Escape and then Tab leaves the editor.');

  useEffect(() => {
    if (!host.current) {
      return;
    }
    const made = new CodeEditor.Model({ mimeType });
    made.sharedModel.setSource(latest.current.text);
    const editor = services.factoryService.newInlineEditor({ host: host.current, model: made });
    const content = host.current.querySelector('.cm-content');
    content?.setAttribute('aria-label', label);
    content?.setAttribute('aria-description', wayOut);
    const onChange = (): void => {
      const source = made.sharedModel.getSource();
      if (source !== latest.current.text) {
        latest.current.onChange(source);
      }
    };
    made.sharedModel.changed.connect(onChange);
    model.current = made;
    return () => {
      made.sharedModel.changed.disconnect(onChange);
      editor.dispose();
      made.dispose();
      model.current = null;
    };
  }, [services, mimeType, label, wayOut]);

  // Before the next key is pressed, so that what is being typed is never taken back.
  useLayoutEffect(() => {
    const shared = model.current?.sharedModel;
    if (shared && shared.getSource() !== props.text) {
      shared.setSource(props.text);
    }
  }, [props.text]);

  return (
    <>
      <div ref={host} className="jp-SubmarineForm-code jp-SubmarineForm-editor" />
      {/* Who does not see it hears it as the editor's description. */}
      <p className="jp-SubmarineForm-hint jp-SubmarineForm-wayOut" aria-hidden="true">
        {wayOut}
      </p>
    </>
  );
}

import { type IEditorServices } from '@jupyterlab/codeeditor';
import { type TranslationBundle } from '@jupyterlab/translation';
import { FormComponent, HTMLSelect } from '@jupyterlab/ui-components';
import { type ReadonlyJSONObject, UUID } from '@lumino/coreutils';
import { type RJSFSchema, type UiSchema } from '@rjsf/utils';
// The form itself is loaded when it is first opened.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { customizeValidator } from '@rjsf/validator-ajv8';
import React, { useEffect, useId, useMemo, useRef, useState } from 'react';
import { type IOrigin, type IPlan, type ISpecForm, type SubmarineApi } from '../api';
import { type IExperiment } from '../view/records';
import { CodeField } from './CodeField';
import { type IDraft, withFields, withProgram, withText } from './draft';
import { formData, type FormData, formSchema } from './fields';
import { Plan } from './Plan';
import { type IFormContext } from './formContext';
import { CommandField } from './CommandField';
import { RolesField } from './RolesField';
import { NOT_A_SPEC } from './specDocument';
import { ChoiceWidget, FieldTemplate, ObjectFieldTemplate, TextWidget } from './templates';
import { TagsField, VariablesField } from './textFields';

export interface IExperimentFormProps {
  api: SubmarineApi;
  trans: TranslationBundle;
  editors: IEditorServices | null;
  form: ISpecForm;
  /** Names of the upstreams, and the one to begin with. */
  upstreams: readonly string[];
  upstream: string;
  draft: IDraft;
  /** What tracebacks call the program. */
  programName: string;
  origin: IOrigin;
  /** What a replica of a new role asks for. */
  resources: string;
  /** Why nothing can be submitted to an upstream; null where it can. */
  refusedAt: (upstream: string) => string | null;
  /** Told what is written, and for which upstream, at first and at each change. */
  onDraft: (draft: IDraft, upstream: string) => void;
  /** Told when the fields are in the page. */
  onReady: () => void;
  onSubmitted: (experiment: IExperiment, upstream: string) => void;
}

type Outcome = { plan: IPlan } | { problem: string } | null;

/** A new experiment, as fields and as YAML: either shows at once what was changed in the other. */
export function ExperimentForm(props: IExperimentFormProps): JSX.Element {
  const { api, trans, editors, form, origin, resources } = props;
  const [draft, setDraft] = useState(props.draft);
  const [upstream, setUpstream] = useState(props.upstream);
  const [outcome, setOutcome] = useState<Outcome>(null);
  const [isBusy, setBusy] = useState(false);
  // The same draft is never submitted twice, however often the answer got lost.
  const key = useRef(UUID.uuid4());
  const idPrefix = useId().replace(/:/g, '');
  const { onReady, onDraft } = props;
  useEffect(onReady, [onReady]);
  useEffect(() => onDraft(draft, upstream), [onDraft, draft, upstream]);
  const { document, program } = draft;
  const data = formData(document.spec);
  const { schema, uiSchema } = useSchema(form, trans);
  const refused = props.refusedAt(upstream);
  const cannotSend = isBusy || document.problem !== null || refused !== null;
  const context: IFormContext = {
    trans,
    editors,
    roles: rolesOf(form, data.framework),
    resources,
    program,
    onProgram: text =>
      change(current =>
        text === null || current.program === null
          ? withProgram(current, text)
          : { ...current, program: text }
      )
  };

  // The form's fields may keep a function from an earlier rendering: what it gets is the latest.
  const change = (next: (current: IDraft) => IDraft): void => {
    key.current = UUID.uuid4();
    setDraft(next);
    setOutcome(null);
  };
  const send = async (act: (spec: object) => Promise<void>): Promise<void> => {
    setBusy(true);
    setOutcome(null);
    try {
      const packed = program === null ? null : { source: program, name: props.programName };
      await act(await api.prepare(upstream, document.spec, packed, origin));
    } catch (error) {
      setOutcome({ problem: error instanceof Error ? error.message : String(error) });
    } finally {
      setBusy(false);
    }
  };
  const submit = (): Promise<void> =>
    send(async spec =>
      props.onSubmitted(await api.create(upstream, { ...spec }, key.current), upstream)
    );
  const dryRun = (): Promise<void> =>
    send(async spec => setOutcome({ plan: await api.plan(upstream, { ...spec }) }));

  return (
    <form
      className="jp-SubmarineForm"
      aria-label={trans.__('New experiment')}
      aria-busy={isBusy}
      onSubmit={event => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="jp-SubmarineForm-columns">
        <div className="jp-SubmarineForm-fields">
          <FormComponent
            schema={schema}
            uiSchema={uiSchema}
            formData={data as ReadonlyJSONObject}
            formContext={context}
            validator={VALIDATOR}
            idPrefix={idPrefix}
            tagName="div"
            fields={FIELDS}
            widgets={WIDGETS}
            templates={TEMPLATES}
            onChange={event =>
              change(current => withFields(current, event.formData as FormData, resources))
            }
          />
        </div>
        <div className="jp-SubmarineForm-yaml">
          <span className="jp-SubmarineForm-label">{trans.__('The same as YAML')}</span>
          <CodeField
            label={trans.__('Spec as YAML')}
            text={document.text}
            mimeType="text/x-yaml"
            trans={trans}
            services={editors}
            onChange={text => change(current => withText(current, text))}
          />
          {document.problem && (
            <div className="jp-SubmarineForm-error" role="alert">
              {document.problem === NOT_A_SPEC
                ? trans.__('A spec has meta, environment and spec.')
                : document.problem}
            </div>
          )}
          {program !== null && (
            <p className="jp-SubmarineForm-hint">
              {trans.__('The program becomes meta.cmd when the experiment is submitted.')}
            </p>
          )}
        </div>
      </div>
      {outcome && 'plan' in outcome && <Plan plan={outcome.plan} trans={trans} />}
      <div className="jp-SubmarineForm-actions">
        <button
          type="submit"
          className="jp-mod-styled jp-mod-accept"
          disabled={cannotSend}
          title={refused ?? undefined}
        >
          {trans.__('Submit')}
        </button>
        <button
          type="button"
          className="jp-mod-styled"
          disabled={cannotSend}
          title={refused ?? trans.__('Ask what submitting would do; nothing runs')}
          onClick={() => void dryRun()}
        >
          {trans.__('Dry run')}
        </button>
        {props.upstreams.length > 1 && (
          <label className="jp-SubmarineForm-upstream">
            {trans.__('Server')}
            <HTMLSelect
              value={upstream}
              options={[...props.upstreams]}
              onChange={event => setUpstream(event.target.value)}
            />
          </label>
        )}
        <span className="jp-SubmarineForm-error" role="alert">
          {outcome && 'problem' in outcome ? outcome.problem : refused}
        </span>
      </div>
    </form>
  );
}

const FIELDS = {
  command: CommandField,
  roles: RolesField,
  tags: TagsField,
  variables: VariablesField
};

const VALIDATOR = customizeValidator<ReadonlyJSONObject>();

const WIDGETS = { text: TextWidget, choice: ChoiceWidget };

const TEMPLATES = { FieldTemplate, ObjectFieldTemplate };

function useSchema(
  form: ISpecForm,
  trans: TranslationBundle
): { schema: RJSFSchema; uiSchema: UiSchema<ReadonlyJSONObject> } {
  return useMemo(() => {
    const schema = formSchema(form.schema, {
      name: trans.__('Name'),
      framework: trans.__('Framework'),
      roles: trans.__('Roles'),
      command: trans.__('Command'),
      image: trans.__('Image'),
      environment: trans.__('Environment'),
      tags: trans.__('Tags'),
      variables: trans.__('Variables')
    });
    const uiSchema: UiSchema<ReadonlyJSONObject> = {
      name: { 'ui:widget': 'text' },
      framework: {
        'ui:widget': 'choice',
        'ui:options': { choices: Object.keys(form.frameworks) }
      },
      roles: { 'ui:field': 'roles' },
      command: { 'ui:field': 'command' },
      image: { 'ui:widget': 'text', 'ui:placeholder': trans.__('none is needed locally') },
      environment: {
        'ui:widget': 'text',
        'ui:placeholder': trans.__('a predefined environment of the server')
      },
      tags: { 'ui:field': 'tags', 'ui:placeholder': trans.__('with commas between') },
      variables: { 'ui:field': 'variables', 'ui:placeholder': 'NAME=VALUE' }
    };
    return { schema: schema as RJSFSchema, uiSchema };
  }, [form, trans]);
}

function rolesOf({ frameworks }: ISpecForm, framework: unknown): readonly string[] {
  const wanted = String(framework ?? '').toLowerCase();
  const known = Object.entries(frameworks).find(([name]) => name.toLowerCase() === wanted);
  return known ? known[1] : [];
}

import React, { useCallback, useId, useState, useSyncExternalStore } from 'react';
import { diagnose } from './diagnosis';
import { Failure } from './Failure';
import { Files } from './Files';
import { Head } from './Head';
import { Logs } from './Logs';
import { type IMetricPlace } from './MetricChart';
import { Metrics, NewestValues } from './Metrics';
import { Notices } from './Notices';
import { leadingPod } from './pods';
import { refusal } from './readOnly';
import { type IExperimentSource } from './source';
import { Spec } from './Spec';
import { isGone, type IViewState } from './state';
import { type ExperimentStore } from './store';
import { type ITab, TabPanel, Tabs } from './Tabs';
import { type ITranslate, useTranslate } from './texts';
import { Timeline } from './Timeline';
import { type ICodePlace } from './traceback';
import { type IAbilities, useAbilities } from './useAbilities';

export interface IExperimentViewProps {
  store: ExperimentStore;
  experimentId: string;
  /** The name to show until the experiment itself is known. */
  name: string;
  /** Where data and actions come from; null shows what the store holds, inert. */
  source: IExperimentSource | null;
  /** What the host has to say above the logs. */
  notice: string | null;
  /** Whether a log that is opened follows its end. */
  follows: () => boolean;
  /** Open the experiment in a place of its own; null where there is none. */
  onOpen: (() => void) | null;
  /** Begin a new experiment with the spec of this one; null where that cannot be. */
  onClone: (() => void) | null;
  /** Show a line of the notebook's cell; null where there is no notebook. */
  openCell: ((place: ICodePlace) => boolean) | null;
}

type Part = 'logs' | 'metrics' | 'files' | 'spec' | 'events';

/** One experiment: its head, why it failed, and its logs, metrics, files, spec and events. */
export function ExperimentView(props: IExperimentViewProps): JSX.Element {
  const trans = useTranslate();
  const { store, experimentId, openCell } = props;
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const source = isGone(state) ? null : props.source;
  const { features, readOnly } = useAbilities(source, state.live);
  const [chosenPart, choosePart] = useState<Part>('logs');
  const [pod, choosePod] = useState<string | null>(null);
  const [marked, setMarked] = useState<IMetricPlace | null>(null);
  const [codePlace, setCodePlace] = useState<ICodePlace | null>(null);
  const idPrefix = useId();
  const { experiment, series, pods, events } = state;
  const tabs = tabsOf(state, source, features, trans);
  const part = tabs.some(({ key }) => key === chosenPart) ? chosenPart : 'logs';
  const name = experiment?.spec.meta.name || props.name;
  const diagnosis = diagnose(state);
  const shownPod = pods.find(each => each.name === pod) ?? leadingPod(pods);
  const download = features.has('raw-log') ? bound(source, 'downloadLog') : null;

  const showPoint = useCallback((place: IMetricPlace) => {
    setMarked(place);
    choosePod(place.series.pod);
    choosePart('logs');
  }, []);
  const showPlace = (place: ICodePlace): void => {
    if (!openCell?.(place)) {
      setCodePlace({ ...place });
      choosePart('spec');
    }
  };
  return (
    <section
      className="submarine-View"
      data-submarine-live={state.live ? experimentId : undefined}
      aria-label={trans.__('Experiment %1', name || experimentId)}
    >
      <Head
        experimentId={experimentId}
        name={name}
        experiment={experiment}
        reason={diagnosis?.reason ?? null}
        pods={pods}
        refused={refusal(readOnly, trans)}
        actions={{
          stop: features.has('stop') ? bound(source, 'stop') : null,
          clone: source && experiment ? props.onClone : null,
          remove: bound(source, 'remove'),
          downloadLog: download && shownPod ? () => download(shownPod.name) : null,
          open: source ? props.onOpen : null
        }}
      />
      <Notices state={state} hostNotice={props.notice} />
      {diagnosis && experiment && (
        <Failure diagnosis={diagnosis} experiment={experiment} onPlace={showPlace} />
      )}
      <Tabs
        label={trans.__('Parts of the experiment')}
        tabs={tabs}
        selected={part}
        idPrefix={idPrefix}
        onSelect={key => choosePart(key as Part)}
      />
      {/* It stays in the page, so that a reader who comes back finds the same lines. */}
      <TabPanel tab="logs" selected={part} idPrefix={idPrefix}>
        <Logs
          store={store}
          state={state}
          pod={shownPod}
          follows={props.follows}
          onPod={choosePod}
          marked={marked}
          onBack={() => choosePart('metrics')}
        />
        <NewestValues series={series} />
      </TabPanel>
      {part === 'metrics' && (
        <TabPanel tab="metrics" selected={part} idPrefix={idPrefix}>
          <Metrics series={series} pods={pods} marked={marked} onPoint={showPoint} />
        </TabPanel>
      )}
      {part === 'files' && source && (
        <TabPanel tab="files" selected={part} idPrefix={idPrefix}>
          <Files source={source} version={`${state.ended} ${pods.map(each => each.state)}`} />
        </TabPanel>
      )}
      {part === 'spec' && source && (
        <TabPanel tab="spec" selected={part} idPrefix={idPrefix}>
          <Spec source={source} place={codePlace} />
        </TabPanel>
      )}
      {part === 'events' && experiment && (
        <TabPanel tab="events" selected={part} idPrefix={idPrefix}>
          <Timeline experiment={experiment} events={events} />
        </TabPanel>
      )}
    </section>
  );
}

/** The parts that there is something to show in. */
function tabsOf(
  state: IViewState,
  source: IExperimentSource | null,
  features: IAbilities['features'],
  trans: ITranslate
): ITab[] {
  const metrics = new Set(state.series.map(({ name }) => name)).size;
  const tabs: (ITab & { isThere: boolean })[] = [
    { key: 'logs', label: trans.__('Logs'), count: null, isThere: true },
    {
      key: 'metrics',
      label: trans.__('Metrics'),
      count: metrics,
      isThere: metrics > 0 || features.has('metrics')
    },
    {
      key: 'files',
      label: trans.__('Files'),
      count: null,
      isThere: source?.files !== undefined && features.has('files')
    },
    { key: 'spec', label: trans.__('Spec'), count: null, isThere: Boolean(source?.submission) },
    {
      key: 'events',
      label: trans.__('Events'),
      count: state.events.length,
      isThere: state.experiment !== null
    }
  ];
  return tabs.filter(({ isThere }) => isThere);
}

/** A method of the source that can be called alone; null where it has none. */
function bound<K extends 'stop' | 'remove' | 'downloadLog'>(
  source: IExperimentSource | null,
  method: K
): NonNullable<IExperimentSource[K]> | null {
  return (source?.[method]?.bind(source) as NonNullable<IExperimentSource[K]>) ?? null;
}

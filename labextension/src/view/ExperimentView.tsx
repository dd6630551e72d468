import React, { useId, useState, useSyncExternalStore } from 'react';
import { Head, type IHeadActions } from './Head';
import { LogPane } from './LogPane';
import { Metrics } from './Metrics';
import { Notices } from './Notices';
import { leadingPod } from './pods';
import { panelId, PodTabs, tabId } from './PodTabs';
import { type IPod } from './records';
import { type IExperimentSource } from './source';
import { isGone, type IViewState, waiting } from './state';
import { type ExperimentStore } from './store';
import { Timeline } from './Timeline';
import { type ITranslate, useTranslate } from './texts';

export interface IExperimentViewProps {
  store: ExperimentStore;
  experimentId: string;
  /** The name to show until the experiment itself is known. */
  name: string;
  /** Where data and actions come from; null shows what the store holds, inert. */
  source: IExperimentSource | null;
  /** What the host has to say above the logs. */
  notice: string | null;
  /** Open the experiment in a place of its own; null where there is none. */
  onOpen: (() => void) | null;
}

/** One experiment: its head, pods, live logs, latest metrics and timeline. */
export function ExperimentView(props: IExperimentViewProps): JSX.Element {
  const trans = useTranslate();
  const { store, source, experimentId } = props;
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const [chosen, setChosen] = useState<string | null>(null);
  const idPrefix = useId();
  const pod = state.pods.find(({ name }) => name === chosen) ?? leadingPod(state.pods);
  const name = state.experiment?.spec.meta.name || props.name;
  return (
    <section
      className="submarine-View"
      aria-label={trans.__('Experiment %1', name || experimentId)}
    >
      <Head
        experimentId={experimentId}
        name={name}
        experiment={state.experiment}
        actions={actionsOf(state, source, pod, props.onOpen)}
      />
      <Notices state={state} hostNotice={props.notice} />
      {pod ? (
        <>
          <PodTabs pods={state.pods} selected={pod.name} idPrefix={idPrefix} onSelect={setChosen} />
          <div
            role="tabpanel"
            id={panelId(idPrefix)}
            aria-labelledby={tabId(idPrefix, pod)}
            className="submarine-View-panel"
          >
            <LogPane store={store} pod={pod.name} emptyText={emptyLog(state, pod, trans)} />
          </div>
        </>
      ) : (
        <p className="submarine-View-empty">{emptyView(state, trans)}</p>
      )}
      <Metrics metrics={state.metrics} />
      <Timeline experimentId={experimentId} events={state.events} />
    </section>
  );
}

function actionsOf(
  state: IViewState,
  source: IExperimentSource | null,
  pod: IPod | undefined,
  open: (() => void) | null
): IHeadActions {
  const gone = isGone(state);
  const available = gone ? null : source;
  const download = available?.downloadLog;
  return {
    stop: available?.stop?.bind(available) ?? null,
    remove: available?.remove?.bind(available) ?? null,
    downloadLog: download && pod ? () => download.call(available, pod.name) : null,
    open: gone ? null : open
  };
}

function emptyLog(state: IViewState, pod: IPod, trans: ITranslate): string {
  if (state.ended || isGone(state)) {
    return trans.__('This pod wrote nothing.');
  }
  return pod.state === 'Pending'
    ? emptyView(state, trans)
    : trans.__('Waiting for the first line…');
}

function emptyView(state: IViewState, trans: ITranslate): string {
  if (state.ended) {
    return trans.__('This experiment never started a pod.');
  }
  const reason = waiting(state);
  return reason
    ? trans.__('Accepted: %1', reason)
    : state.experiment
      ? trans.__('Waiting for the pods to start…')
      : trans.__('Waiting for the experiment server…');
}

import React, { useId, useMemo, useState } from 'react';
import { LogPane } from './LogPane';
import { type IMetricPlace } from './MetricChart';
import { ALL_PODS, panelId, PodTabs, tabId } from './PodTabs';
import { type IPod } from './records';
import { isGone, type IViewState, waiting } from './state';
import { type ExperimentStore } from './store';
import { type ITranslate, useTranslate } from './texts';

interface ILogsProps {
  store: ExperimentStore;
  state: IViewState;
  /** The pod whose log is shown; undefined while there is none. */
  pod: IPod | undefined;
  onPod: (pod: string) => void;
  /** Whether a log that is opened follows its end. */
  follows: () => boolean;
  /** The point of a chart whose line is shown, or null. */
  marked: IMetricPlace | null;
  /** Go back to the chart of that point. */
  onBack: () => void;
}

/** The logs of the pods. */
export function Logs(props: ILogsProps): JSX.Element {
  const { store, state, pod, marked } = props;
  const trans = useTranslate();
  const idPrefix = useId();
  const [all, setAll] = useState(false);
  const [shownMark, setShownMark] = useState(marked);
  if (marked !== shownMark) {
    // A point's line is in the log of its pod.
    setShownMark(marked);
    setAll(false);
  }
  const place = useMemo(
    () => marked && { offset: marked.point.offset, attempt: marked.series.attempt },
    [marked]
  );
  if (!pod) {
    return <p className="submarine-View-empty">{emptyView(state, trans)}</p>;
  }
  const isMerged = all && state.pods.length > 1;
  const selected = isMerged ? ALL_PODS : pod.name;
  return (
    <LogPane
      store={store}
      pods={state.pods}
      pod={isMerged ? null : pod.name}
      follows={props.follows}
      emptyText={emptyLog(state, pod, trans)}
      wanted={marked?.series.pod === pod.name ? place : null}
      panelId={panelId(idPrefix)}
      tabId={tabId(idPrefix, state.pods, selected)}
      tabs={
        <PodTabs
          pods={state.pods}
          selected={selected}
          idPrefix={idPrefix}
          onSelect={key => {
            setAll(key === ALL_PODS);
            if (key !== ALL_PODS) {
              props.onPod(key);
            }
          }}
        />
      }
    >
      {marked && (
        <button
          type="button"
          className="submarine-LogTool"
          title={trans.__('Back to the chart of %1', marked.series.name)}
          onClick={props.onBack}
        >
          {trans.__('Back to chart')}
        </button>
      )}
    </LogPane>
  );
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
  if (isGone(state)) {
    return trans.__('Its logs went with it.');
  }
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

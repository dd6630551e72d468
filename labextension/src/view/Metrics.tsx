import React, { useMemo, useState } from 'react';
import { formatValue } from './format';
import { type IMetricPlace, MetricChart } from './MetricChart';
import { CheckBox, Smoothing } from './options';
import { podLabel } from './pods';
import { type IPod } from './records';
import { byMetric, type ISeries, newest } from './series';
import { useTranslate } from './texts';

/** Charts that are shown without being asked for. */
const FIRST_CHARTS = 12;

/** Metrics that the line of newest values has room for. */
const MAX_NEWEST = 6;

interface IMetricsProps {
  series: readonly ISeries[];
  pods: readonly IPod[];
  /** The point that the reader went to the log from, or null. */
  marked: IMetricPlace | null;
  onPoint: (place: IMetricPlace) => void;
}

/** The charts of all metrics that were found in the logs. */
export function Metrics(props: IMetricsProps): JSX.Element {
  const { series, pods, marked, onPoint } = props;
  const trans = useTranslate();
  const [logarithmic, setLogarithmic] = useState(false);
  const [smoothing, setSmoothing] = useState(0);
  const [all, setAll] = useState(false);
  const groups = useStable(byMetric(series));
  const podOf = useMemo(() => describePods(pods), [pods]);
  const shown = all ? groups : groups.slice(0, FIRST_CHARTS);
  if (groups.length === 0) {
    return (
      <p className="submarine-View-empty">
        {trans.__(
          'No metric was found yet. A line such as "step 10 loss 0.25" or {"step": 10, ' +
            '"loss": 0.25} in the log becomes a chart here.'
        )}
      </p>
    );
  }
  return (
    <div className="submarine-Metrics">
      <div className="submarine-Metrics-options" data-lm-suppress-shortcuts="true">
        <CheckBox
          label={trans.__('Logarithmic axis')}
          checked={logarithmic}
          onChange={setLogarithmic}
        />
        <Smoothing value={smoothing} onChange={setSmoothing} />
      </div>
      <div className="submarine-Metrics-charts">
        {shown.map(([name, group]) => (
          <MetricChart
            key={name}
            name={name}
            series={group}
            logarithmic={logarithmic}
            smoothing={smoothing}
            podOf={podOf}
            marked={marked?.series.name === name ? marked : null}
            onPoint={onPoint}
          />
        ))}
      </div>
      {shown.length < groups.length && (
        <button type="button" className="submarine-Button" onClick={() => setAll(true)}>
          {trans._n('Show %1 more', 'Show %1 more', groups.length - shown.length)}
        </button>
      )}
    </div>
  );
}

/** The newest value of each metric in one line. */
export function NewestValues(props: { series: readonly ISeries[] }): JSX.Element | null {
  const trans = useTranslate();
  const groups = byMetric(props.series);
  if (groups.length === 0) {
    return null;
  }
  return (
    <dl className="submarine-Newest" aria-label={trans.__('Latest metrics')}>
      {groups.slice(0, MAX_NEWEST).map(([name, group]) => {
        const value = newest(group[0])?.value;
        return (
          <div key={name} title={name}>
            <dt>{name}</dt>
            <dd>{value === null || value === undefined ? '–' : formatValue(value)}</dd>
          </div>
        );
      })}
    </dl>
  );
}

/** What a pod is called, and the number that chooses its colour. */
function describePods(pods: readonly IPod[]): (name: string) => { label: string; index: number } {
  const known = new Map(pods.map((pod, index) => [pod.name, { label: podLabel(pod), index }]));
  return name => known.get(name) ?? { label: name, index: 0 };
}

/** The groups with the arrays that they had before where nothing in them has changed. */
function useStable(groups: [string, ISeries[]][]): [string, ISeries[]][] {
  const [known] = useState(() => new Map<string, ISeries[]>());
  return groups.map(([name, group]) => {
    const before = known.get(name);
    const isSame =
      before?.length === group.length && before.every((series, i) => series === group[i]);
    if (!isSame) {
      known.set(name, group);
    }
    return [name, isSame ? before : group];
  });
}

import React from 'react';
import { formatValue } from './format';
import { type IMetricValue } from './state';
import { useTranslate } from './texts';

/** The newest value of each series found in the logs. */
export function Metrics(props: { metrics: readonly IMetricValue[] }): JSX.Element | null {
  const trans = useTranslate();
  if (props.metrics.length === 0) {
    return null;
  }
  return (
    <dl className="submarine-Metrics" aria-label={trans.__('Latest metrics')}>
      {props.metrics.map(metric => (
        <div key={metric.name} title={metric.pod}>
          <dt>{metric.name}</dt>
          <dd>{formatValue(metric.value)}</dd>
        </div>
      ))}
    </dl>
  );
}

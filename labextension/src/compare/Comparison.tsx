import { type TranslationBundle } from '@jupyterlab/translation';
import React, { useMemo, useState } from 'react';
import { elapsed, formatDuration, formatValue } from '../view/format';
import { statusLabel } from '../view/statusLabel';
import { MetricChart } from '../view/MetricChart';
import { CheckBox, Smoothing } from '../view/options';
import { StatusBadge } from '../view/StatusIcon';
import { TranslateProvider } from '../view/texts';
import { differingLines, fieldsOf, type IField } from './differences';
import { finalValue, type IResult, metricNames } from './results';

export interface IComparisonProps {
  results: readonly IResult[];
  trans: TranslationBundle;
  onOpen: (id: string) => void;
}

/** Pixels that a column has at least. */
const COLUMN = 170;

/** Several experiments side by side: what differs, how they ended, their metrics over each other. */
export function Comparison({ results, trans, onOpen }: IComparisonProps): JSX.Element {
  const [showsAll, setShowsAll] = useState(false);
  const fields = useMemo(() => fieldsOf(results.map(({ spec }) => spec)), [results]);
  const metrics = useMemo(() => metricNames(results), [results]);
  const shown = fields.filter(({ differs }) => showsAll || differs);
  return (
    <section className="jp-SubmarineCompare submarine-View" aria-label={trans.__('Comparison')}>
      <div className="jp-SubmarineCompare-table">
        <table style={{ minWidth: COLUMN * (results.length + 1) }}>
          <thead>
            <tr>
              <td />
              {results.map(({ experiment }) => (
                <th key={experiment.experimentId} scope="col">
                  <button
                    type="button"
                    className="jp-SubmarinePanel-link"
                    title={experiment.experimentId}
                    onClick={() => onOpen(experiment.experimentId)}
                  >
                    {experiment.spec.meta.name || experiment.experimentId}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{trans.__('Status')}</th>
              {results.map(({ experiment: { experimentId, status } }) => (
                <td key={experimentId}>
                  <StatusBadge status={status} label={statusLabel(status, trans)} />
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">{trans.__('Duration')}</th>
              {results.map(({ experiment }) => {
                const milliseconds = elapsed(experiment, Date.now());
                return (
                  <td key={experiment.experimentId}>
                    {milliseconds === null ? '–' : formatDuration(milliseconds, trans)}
                  </td>
                );
              })}
            </tr>
          </tbody>
          {metrics.length > 0 && (
            <Rows title={trans.__('Final metrics')} columns={results.length}>
              {metrics.map(name => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {results.map(result => {
                    const value = finalValue(result, name);
                    return (
                      <td key={result.experiment.experimentId} className="jp-mod-number">
                        {value === null ? '–' : formatValue(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </Rows>
          )}
          <Rows
            title={showsAll ? trans.__('Spec') : trans.__('What differs in the spec')}
            columns={results.length}
          >
            {shown.map(field => (
              <FieldRow key={field.path} field={field} results={results} />
            ))}
            {shown.length === 0 && (
              <tr>
                <td colSpan={results.length + 1}>{trans.__('The specs are the same.')}</td>
              </tr>
            )}
          </Rows>
        </table>
        <CheckBox
          label={trans.__('Show what is the same too')}
          checked={showsAll}
          onChange={setShowsAll}
        />
      </div>
      <Charts results={results} metrics={metrics} trans={trans} onOpen={onOpen} />
    </section>
  );
}

interface IRowsProps {
  title: string;
  columns: number;
  children: React.ReactNode;
}

function Rows({ title, columns, children }: IRowsProps): JSX.Element {
  return (
    <tbody>
      <tr className="jp-SubmarineCompare-group">
        <th scope="rowgroup" colSpan={columns + 1}>
          {title}
        </th>
      </tr>
      {children}
    </tbody>
  );
}

function FieldRow(props: { field: IField; results: readonly IResult[] }): JSX.Element {
  const { path, differs } = props.field;
  const isLong = props.field.values.some(value => value?.includes('\n'));
  const values = differs && isLong ? differingLines(props.field.values) : props.field.values;
  return (
    <tr data-differs={differs}>
      <th scope="row">
        {path.split('.').map((part, i) => (
          <React.Fragment key={i}>
            {i > 0 && (
              <>
                .<wbr />
              </>
            )}
            {part}
          </React.Fragment>
        ))}
      </th>
      {values.map((value, i) => (
        <td key={props.results[i].experiment.experimentId}>
          {value === null ? '–' : isLong ? <pre>{value}</pre> : value}
        </td>
      ))}
    </tr>
  );
}

interface IChartsProps extends IComparisonProps {
  metrics: readonly string[];
}

/** The series of all experiments in one chart a metric. */
function Charts({ results, metrics, trans, onOpen }: IChartsProps): JSX.Element {
  const [smoothing, setSmoothing] = useState(0);
  const overlaid = useMemo(
    () =>
      results.flatMap(({ experiment, series }) =>
        // The chart tells lines apart by their pods, and ids of pods begin with their experiment's.
        series.map(one => ({ ...one, id: experiment.experimentId }))
      ),
    [results]
  );
  const podOf = useMemo(() => {
    const owners = new Map(overlaid.map(({ pod, id }) => [pod, id]));
    const pods = new Set(overlaid.map(({ pod }) => pod));
    return (pod: string): { label: string; index: number } => {
      const id = owners.get(pod) ?? '';
      const index = results.findIndex(({ experiment }) => experiment.experimentId === id);
      const name = results[index]?.experiment.spec.meta.name || id;
      const isAlone = [...pods].filter(other => owners.get(other) === id).length === 1;
      return { label: isAlone ? name : `${name} ${pod.slice(id.length + 1)}`, index };
    };
  }, [overlaid, results]);
  if (metrics.length === 0) {
    return <p className="jp-SubmarineCompare-none">{trans.__('There are no metrics to chart.')}</p>;
  }
  return (
    <TranslateProvider value={trans}>
      <Smoothing value={smoothing} onChange={setSmoothing} />
      <div className="jp-SubmarineCompare-charts">
        {metrics.map(name => (
          <MetricChart
            key={name}
            name={name}
            series={overlaid.filter(series => series.name === name)}
            podOf={podOf}
            smoothing={smoothing}
            logarithmic={false}
            marked={null}
            onPoint={({ series }) =>
              onOpen(overlaid.find(({ pod }) => pod === series.pod)?.id ?? '')
            }
          />
        ))}
      </div>
    </TranslateProvider>
  );
}

import React, { useEffect, useId, useMemo, useRef, useState } from 'react';
import { chartData, type IChartData, type IChartOptions, pointAt } from './chartData';
import { formatValue } from './format';
import { MetricPlot } from './metricPlot';
import { type IPoint, type ISeries, newest } from './series';
import { type ITranslate, useTranslate } from './texts';
import { chartColours, podColour, useTheme } from './theme';

/** One line of the log that tells a value. */
export interface IMetricPlace {
  series: ISeries;
  point: IPoint;
}

interface IMetricChartProps extends IChartOptions {
  name: string;
  series: readonly ISeries[];
  /** What a pod is called, and the number that chooses its colour. */
  podOf: (pod: string) => { label: string; index: number };
  /** The point to show the pointer at, if it is one of this chart. */
  marked: IMetricPlace | null;
  /** Show the line of a point in the log. */
  onPoint: (place: IMetricPlace) => void;
}

/** At most so many milliseconds between two drawings of a chart that grows. */
const PACE = 150;

const HEIGHT = 150;

/** The live chart of one metric: a line a pod, and their values as a table. */
export function MetricChart(props: IMetricChartProps): JSX.Element {
  const { name, smoothing, logarithmic, onPoint } = props;
  const trans = useTranslate();
  const series = usePaced(props.series, PACE);
  const captionId = useId();
  const data = useMemo(
    () => chartData(series, { smoothing, logarithmic }),
    [series, smoothing, logarithmic]
  );
  const [hovered, setHovered] = useState<number | null>(null);
  const at = hovered !== null && hovered < data.xs.length ? hovered : null;
  const choose = (line: number, index: number): void => {
    const chosen = data.lines[line];
    const point = chosen && pointAt(chosen, index);
    if (point) {
      onPoint({ series: chosen.series, point });
    }
  };
  const isEmpty = logarithmic && data.lines.every(({ values }) => values.every(empty));
  return (
    <figure className="submarine-Chart" aria-labelledby={captionId}>
      <figcaption id={captionId}>{name}</figcaption>
      <Plot {...props} data={data} at={at} onHover={setHovered} onChoose={choose} />
      {isEmpty && (
        <p className="submarine-Chart-note">
          {trans.__('A logarithmic axis has no place for values that are not positive.')}
        </p>
      )}
      <Values {...props} data={data} at={at} />
    </figure>
  );
}

interface IPlotProps extends IMetricChartProps {
  data: IChartData;
  at: number | null;
  onHover: (index: number | null) => void;
  onChoose: (line: number, index: number) => void;
}

/** The picture; arrow keys move along it, Enter goes to the line of the log. */
function Plot(props: IPlotProps): JSX.Element {
  const { data, at, podOf, marked, logarithmic, onHover } = props;
  const trans = useTranslate();
  const theme = useTheme();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<MetricPlot | null>(null);
  const width = useWidth(host);
  const choose = useRef(props.onChoose);
  choose.current = props.onChoose;
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    if (!host.current) {
      return;
    }
    const drawn = new MetricPlot(host.current, {
      hover: onHover,
      choose: (line, index) => choose.current(line, index)
    });
    plot.current = drawn;
    return () => drawn.dispose();
  }, [onHover]);

  useEffect(() => {
    if (host.current && width > 0) {
      const pods = data.lines.map(({ series }) => podOf(series.pod).index);
      const colours = chartColours(host.current);
      plot.current?.draw(data, { width, height: HEIGHT, logarithmic, colours, pods });
    }
  }, [data, width, logarithmic, podOf, theme]);

  // Only a new mark moves the pointer, and the first width: the plot is there then.
  const isDrawn = width > 0;
  useEffect(() => {
    const index = marked ? indexOf(latest.current, marked) : -1;
    if (isDrawn && index !== -1) {
      plot.current?.moveTo(index);
    }
  }, [marked, isDrawn]);

  const last = data.xs.length - 1;
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const now = at ?? last;
    const to = {
      ArrowRight: Math.min(last, now + 1),
      ArrowLeft: Math.max(0, now - 1),
      PageDown: Math.max(0, now - Math.ceil(last / 10)),
      PageUp: Math.min(last, now + Math.ceil(last / 10)),
      Home: 0,
      End: last
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      plot.current?.moveTo(to);
    } else if (event.key === 'Enter') {
      props.onChoose(
        data.lines.findIndex(line => pointAt(line, now)),
        now
      );
    }
  };
  return (
    <div
      ref={host}
      className="submarine-Chart-plot"
      tabIndex={0}
      role="slider"
      aria-label={trans.__('Points of %1', props.name)}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={at ?? last}
      aria-valuetext={describe(data, at ?? last, podOf)}
      data-lm-suppress-shortcuts="true"
      onKeyDown={onKeyDown}
    />
  );
}

/** The values at the pointer, else the newest ones. */
function Values(props: IMetricChartProps & { data: IChartData; at: number | null }): JSX.Element {
  const { data, at, podOf, onPoint, name } = props;
  const trans = useTranslate();
  return (
    <table className="submarine-Chart-values">
      <caption className="submarine-visually-hidden">
        {at === null ? trans.__('Newest values of %1', name) : trans.__('Values of %1', name)}
      </caption>
      <thead className="submarine-visually-hidden">
        <tr>
          <th scope="col">{trans.__('Pod')}</th>
          <th scope="col">{trans.__('Value')}</th>
          <th scope="col">{data.stepped ? trans.__('Step') : trans.__('Point')}</th>
        </tr>
      </thead>
      <tbody>
        {data.lines.map(line => {
          const { series } = line;
          const { label, index } = podOf(series.pod);
          const point = at === null ? newest(series) : pointAt(line, at);
          return (
            <tr key={`${series.pod} ${series.attempt}`}>
              <th scope="row">
                <span
                  className="submarine-Chart-swatch"
                  style={{ background: podColour(index) }}
                  aria-hidden="true"
                />
                {series.attempt > 1 ? trans.__('%1, attempt %2', label, series.attempt) : label}
              </th>
              <td>
                {point && (
                  <button
                    type="button"
                    className="submarine-Link"
                    title={trans.__('Show the line in the log')}
                    onClick={() => onPoint({ series, point })}
                  >
                    {point.value === null ? '–' : formatValue(point.value)}
                  </button>
                )}
              </td>
              <td>{point && placeOf(point, data.stepped, trans)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function placeOf({ step, ordinal }: IPoint, stepped: boolean, trans: ITranslate): string {
  return stepped && step !== null
    ? trans.__('step %1', formatValue(step))
    : trans.__('point %1', ordinal + 1);
}

function describe(
  data: IChartData,
  at: number,
  podOf: IMetricChartProps['podOf']
): string | undefined {
  if (at < 0) {
    return undefined;
  }
  const values = data.lines.flatMap(line => {
    const value = pointAt(line, at)?.value;
    return value === null || value === undefined
      ? []
      : [`${podOf(line.series.pod).label} ${formatValue(value)}`];
  });
  return `${formatValue(data.xs[at])}: ${values.join(', ')}`;
}

function indexOf(data: IChartData, { series, point }: IMetricPlace): number {
  const line = data.lines.find(
    other => other.series.pod === series.pod && other.series.attempt === series.attempt
  );
  return line ? line.points.findIndex(other => other?.offset === point.offset) : -1;
}

function empty(value: number | null | undefined): boolean {
  return value === null || value === undefined;
}

/** A value that changes at most once in so many milliseconds. */
function usePaced<T>(value: T, pace: number): T {
  const [paced, setPaced] = useState(value);
  const newestValue = useRef(value);
  newestValue.current = value;
  const timer = useRef<number | null>(null);
  useEffect(() => {
    if (timer.current === null && newestValue.current !== paced) {
      timer.current = window.setTimeout(() => {
        timer.current = null;
        setPaced(newestValue.current);
      }, pace);
    }
  }, [value, paced, pace]);
  useEffect(() => () => window.clearTimeout(timer.current ?? undefined), []);
  return paced;
}

/** The width of an element in whole pixels, 0 while it is not shown. */
function useWidth(element: React.RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element.current) {
      return;
    }
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

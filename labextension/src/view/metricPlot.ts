import uPlot from 'uplot';
import { type IChartData } from './chartData';
import { formatValue } from './format';
import { type IChartColours } from './theme';

/** How a plot looks. */
export interface IPlotLook {
  width: number;
  height: number;
  logarithmic: boolean;
  colours: IChartColours;
  /** For each line the number of its pod, which chooses its colour. */
  pods: readonly number[];
}

/** What a plot tells; indices are those of the axis and of the lines. */
export interface IPlotEvents {
  hover(index: number | null): void;
  choose(line: number, index: number): void;
}

/** Pixels around a point in which a click means it. */
const REACH = 30;

/** Pixels from which on a press that moves selects a part instead of a point. */
const DRAG = 5;

/** Draws the lines of one metric, and tells where the pointer is. */
export class MetricPlot {
  constructor(
    private readonly _host: HTMLElement,
    private readonly _events: IPlotEvents
  ) {}

  /** Draw lines; a part that the reader has zoomed into stays. */
  draw(data: IChartData, look: IPlotLook): void {
    const kind = JSON.stringify([data.lines.map(isSmooth), counts(data), look]);
    const rows = [
      data.xs,
      ...data.lines.flatMap(line => (isSmooth(line) ? [line.values, line.smooth] : [line.values]))
    ] as uPlot.AlignedData;
    const before = this._data;
    this._data = data;
    if (this._plot && kind === this._kind) {
      this._plot.setData(rows, before === null || !isZoomed(this._plot, before));
      if (this._pinned !== null) {
        this.moveTo(data.xs.indexOf(this._pinned));
      }
      return;
    }
    this._kind = kind;
    this._plot?.destroy();
    const hooks = { setCursor: [this._onCursor], ready: [this._pin] };
    this._plot = new uPlot({ ...options(data, look), hooks }, rows, this._host);
    this._plot.over.addEventListener('mousemove', this._unpin);
    this._plot.over.addEventListener('mousedown', event => (this._pressed = event.offsetX));
    this._plot.over.addEventListener('click', this._onClick);
  }

  /** Show the pointer at a place of the axis until the reader moves it; null takes it away. */
  moveTo(index: number | null): void {
    this._pinned = (index === null || index < 0 ? null : this._data?.xs[index]) ?? null;
    this._pin();
    // Several points may share a pixel, so that the place of the pointer does not tell which.
    this._hovered = this._pinned === null ? null : index;
    this._events.hover(this._hovered);
  }

  dispose(): void {
    this._plot?.destroy();
    this._plot = null;
  }

  /** Put the pointer where it is pinned. */
  private readonly _pin = (): void => {
    const plot = this._plot;
    if (plot?.status === 1) {
      plot.setCursor(
        this._pinned === null
          ? { left: -10, top: -10 }
          : { left: plot.valToPos(this._pinned, 'x'), top: plot.over.clientHeight / 2 },
        false
      );
    }
  };

  private readonly _unpin = (): void => {
    this._pinned = null;
  };

  private readonly _onCursor = (plot: uPlot): void => {
    const { left, idx } = plot.cursor;
    const index = left === undefined || left < 0 ? null : (idx ?? null);
    if (index !== this._hovered && this._pinned === null) {
      this._hovered = index;
      this._events.hover(index);
    }
  };

  /** Choose the point nearest to the pointer, if it is near. */
  private readonly _onClick = ({ offsetX: left, offsetY: top }: MouseEvent): void => {
    const { _plot: plot, _data: data } = this;
    if (!plot || !data || Math.abs(left - this._pressed) > DRAG) {
      return;
    }
    const [first, last] = [left - REACH, left + REACH].map(x => plot.posToIdx(x));
    let nearest: [line: number, index: number] | null = null;
    let least = REACH;
    data.lines.forEach((line, i) => {
      for (let index = first; index <= last; index++) {
        const value = line.values[index];
        if (value === null || value === undefined) {
          continue;
        }
        const away = Math.hypot(
          plot.valToPos(data.xs[index], 'x') - left,
          plot.valToPos(value, 'y') - top
        );
        if (away < least) {
          least = away;
          nearest = [i, index];
        }
      }
    });
    if (nearest) {
      this._events.choose(nearest[0], nearest[1]);
    }
  };

  private _plot: uPlot | null = null;
  private _data: IChartData | null = null;
  private _kind = '';
  private _hovered: number | null = null;
  /** Where the mouse was pressed last. */
  private _pressed = 0;
  /** The place of the axis at which the pointer stays, or null. */
  private _pinned: number | null = null;
}

function isSmooth({ smooth }: { smooth: readonly unknown[] }): boolean {
  return smooth.length > 0;
}

function isZoomed(plot: uPlot, { xs }: IChartData): boolean {
  const { min, max } = plot.scales.x;
  return xs.length > 1 && ((min ?? xs[0]) > xs[0] || (max ?? Infinity) < xs[xs.length - 1]);
}

function options(data: IChartData, look: IPlotLook): uPlot.Options {
  const { colours, pods } = look;
  const axis: uPlot.Axis = {
    stroke: colours.text,
    font: colours.font,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid, width: 1, size: 4 },
    values: (_, ticks) => ticks.map(tick => (tick === null ? '' : formatTick(tick)))
  };
  return {
    width: look.width,
    height: look.height,
    // Room for half of the label at the end of the axis.
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 7 },
      drag: { x: true, y: false, dist: DRAG, click: () => undefined }
    },
    scales: {
      x: { time: false, range: rangeOfPlaces },
      y: look.logarithmic ? { distr: 3 } : { range: rangeOfValues }
    },
    axes: [
      { ...axis, size: 26, gap: 4, space: 60, incrs: counts(data) ? WHOLE : undefined },
      {
        ...axis,
        size: 52,
        gap: 4,
        space: 30,
        // Nine lines for each power of ten would be a wall.
        ...(look.logarithmic && {
          grid: { ...axis.grid, filter: onlyPowers },
          ticks: { ...axis.ticks, filter: onlyPowers }
        })
      }
    ],
    series: [
      {},
      ...data.lines.flatMap((line, i): uPlot.Series[] => {
        const colour = colours.pods[pods[i] % colours.pods.length];
        // A start of a pod that came to nothing is told from the one that goes on.
        const dash = isOlder(data, i) ? [4, 4] : undefined;
        return isSmooth(line)
          ? [
              { stroke: colour, width: 1, alpha: 0.3, dash, points: { show: false } },
              { stroke: colour, width: 2, dash, points: { show: false } }
            ]
          : [{ stroke: colour, width: 1.5, dash }];
      })
    ]
  };
}

/** Whether there is nothing between the whole numbers of the axis. */
function counts({ xs }: IChartData): boolean {
  return xs.every(Number.isInteger);
}

/** From the first place to the last; around the only one. */
function rangeOfPlaces({ data: [xs] }: uPlot, min: number, max: number): uPlot.Range.MinMax {
  return xs.length === 1 ? [xs[0] - 1, xs[0] + 1] : [min, max];
}

/** What all values fit into; where there is but one value, as much on both sides of it. */
function rangeOfValues(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null) {
    return [null, null];
  }
  const margin = Math.abs(min) * FLAT_MARGIN || 1;
  return min === max ? [min - margin, min + margin] : uPlot.rangeNum(min, max, PADDING, true);
}

/** Share of the span of the values that stays free above and below them. */
const PADDING = 0.1;

/** The same for a line without a span, as a share of its value. */
const FLAT_MARGIN = 0.1;

/** Distances of ticks on an axis that counts. */
const WHOLE = Array.from({ length: 13 }, (_, i) => [1, 2, 5].map(n => n * 10 ** i)).flat();

function onlyPowers(_: uPlot, ticks: number[]): (number | null)[] {
  return ticks.map(tick => (Number.isInteger(Number(Math.log10(tick).toFixed(9))) ? tick : null));
}

function isOlder({ lines }: IChartData, at: number): boolean {
  const { pod, attempt } = lines[at].series;
  return lines.some(({ series }) => series.pod === pod && series.attempt > attempt);
}

function formatTick(tick: number): string {
  const size = Math.abs(tick);
  return size >= 1e4 || (size < 1e-3 && tick !== 0)
    ? tick.toExponential().replace('e+', 'e')
    : formatValue(tick);
}

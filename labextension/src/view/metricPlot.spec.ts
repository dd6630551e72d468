import { chartData } from './chartData';
import { type IPlotLook, MetricPlot } from './metricPlot';
import { type IPoint, type ISeries } from './series';

const LOOK: IPlotLook = {
  width: 300,
  height: 150,
  logarithmic: false,
  colours: { text: 'black', grid: 'gray', font: '11px sans-serif', pods: ['blue'] },
  pods: [0]
};

/** What is written on the canvas, which jsdom has not. */
let written: string[];

beforeEach(() => {
  written = [];
  const plain = {
    fillText: (text: string) => written.push(text),
    measureText: (text: string) => ({ width: 6 * text.length })
  };
  const canvas = new Proxy<object>(plain, {
    get: (target, name) => Reflect.get(target, name) ?? (() => undefined)
  });
  HTMLCanvasElement.prototype.getContext = (() => canvas) as never;
  Object.assign(globalThis, {
    Path2D: class {
      moveTo = (): void => undefined;
      lineTo = (): void => undefined;
      arc = (): void => undefined;
      rect = (): void => undefined;
    }
  });
});

/** The labels of both axes of a chart with these points. */
async function labels(points: readonly [step: number, value: number][]): Promise<string[]> {
  const series: ISeries = {
    pod: 'p',
    name: 'loss',
    attempt: 1,
    cuts: 0,
    stepped: true,
    points: points.map(([step, value], ordinal): IPoint => ({ step, value, ordinal, offset: 0 }))
  };
  const plot = new MetricPlot(document.createElement('div'), {
    hover: () => undefined,
    choose: () => undefined
  });
  plot.draw(chartData([series], { smoothing: 0, logarithmic: false }), LOOK);
  // It draws when the code that made it is through.
  await Promise.resolve();
  plot.dispose();
  return written;
}

describe('the axes', () => {
  it('stand around a single point', async () => {
    expect(await labels([[1000, 0.42]])).toEqual(['999', '1000', '1001', '0.4', '0.425', '0.45']);
  });

  it('stand around a single point of value 0', async () => {
    expect(await labels([[0, 0]])).toEqual(['-1', '0', '1', '-1', '0', '1']);
  });

  it('have nothing between steps that count', async () => {
    const points: [number, number][] = [
      [0, 1],
      [1, 2]
    ];
    expect(await labels(points)).toEqual(['0', '1', '1', '1.5', '2']);
  });
});

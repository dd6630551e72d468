import { type IMountedView, mountExperimentView } from './mount';
import { type ExperimentRecord } from './records';
import { type IExperimentSource } from './source';
import { isObject, parseSnapshot } from './snapshot';
import { css } from './styles';
import { ENGLISH } from './texts';

/** The part of anywidget's model that the view uses. */
interface IWidgetModel {
  get(name: string): unknown;
  on(event: 'msg:custom', handler: (message: unknown) => void): void;
  off(event: 'msg:custom', handler: (message: unknown) => void): void;
  send(content: { type: string }): void;
}

interface IRenderContext {
  model: IWidgetModel;
  el: HTMLElement;
}

/** Records that the kernel sends as messages of the widget. */
function kernelSource(model: IWidgetModel): IExperimentSource {
  return {
    subscribe: listener => {
      const onMessage = (message: unknown): void => {
        if (isObject(message) && message.type === 'records' && Array.isArray(message.records)) {
          listener.records(message.records as ExperimentRecord[]);
        }
      };
      model.on('msg:custom', onMessage);
      model.send({ type: 'ready' });
      return () => model.off('msg:custom', onMessage);
    }
  };
}

function render({ model, el }: IRenderContext): () => void {
  const style = document.createElement('style');
  style.textContent = css;
  const host = document.createElement('div');
  const bounds = document.createElement('small');
  bounds.textContent = ENGLISH.__(
    'Fed by this kernel: the last 2,000 lines, at most 200 kB a second. The whole log is on the server.'
  );
  el.append(style, host, bounds);
  const experimentId = String(model.get('experiment_id') ?? '');
  const view: IMountedView = mountExperimentView(host, {
    experimentId,
    name: '',
    trans: ENGLISH,
    layout: 'cell'
  });
  const snapshot = parseSnapshot(model.get('snapshot'), experimentId);
  if (snapshot) {
    view.showSnapshot(snapshot);
  }
  view.connect(kernelSource(model));
  return () => view.dispose();
}

export default { render };

import React from 'react';
import { createRoot } from 'react-dom/client';
import { type Copy, CopyProvider, copyByBrowser } from './copying';
import { ExperimentView } from './ExperimentView';
import { type IExperimentSource } from './source';
import { type ISnapshot } from './snapshot';
import { ExperimentStore } from './store';
import { type ITranslate, TranslateProvider } from './texts';
import { type ICodePlace } from './traceback';

export interface IMountOptions {
  experimentId: string;
  name: string;
  trans: ITranslate;
  /** In a cell's output the log has a bounded height; in a place of its own it takes the room. */
  layout: 'cell' | 'main';
  /** Whether a log that is opened follows its end; it does without. */
  follows?: () => boolean;
  /** Puts a text into the clipboard; without it the browser does, where it lets the page. */
  copy?: Copy;
  /** Open the experiment in a place of its own. */
  onOpen?: () => void;
  /** Begin a new experiment with the spec of this one. */
  onClone?: () => void;
  /** Show a line of the notebook's cell; false where the cell is not there any more. */
  openCell?: (place: ICodePlace) => boolean;
  /** Told the experiment's own name as soon as it is known. */
  onName?: (name: string) => void;
}

/** A view in a host's element. */
export interface IMountedView {
  /** Show saved data until live data comes. */
  showSnapshot(snapshot: ISnapshot): void;
  /** Follow a source and offer what it can do. */
  connect(source: IExperimentSource): void;
  /** Say something about the experiment; null takes it back. */
  setNotice(notice: string | null): void;
  dispose(): void;
}

/** Put the view of an experiment into an element. */
export function mountExperimentView(host: HTMLElement, options: IMountOptions): IMountedView {
  const { experimentId, name, trans } = options;
  const store = new ExperimentStore();
  const root = createRoot(host);
  let source: IExperimentSource | null = null;
  let notice: string | null = null;
  const render = (): void =>
    root.render(
      <TranslateProvider value={trans}>
        <CopyProvider value={options.copy ?? copyByBrowser}>
          <ExperimentView
            store={store}
            experimentId={experimentId}
            name={name}
            source={source}
            notice={notice}
            follows={options.follows ?? always}
            onOpen={options.onOpen ?? null}
            onClone={options.onClone ?? null}
            openCell={options.openCell ?? null}
          />
        </CopyProvider>
      </TranslateProvider>
    );
  if (options.onName) {
    const { onName } = options;
    const unsubscribe = store.subscribe(() => {
      const own = store.getState().experiment?.spec.meta.name;
      if (own) {
        unsubscribe();
        onName(own);
      }
    });
  }
  host.classList.add('submarine-host');
  host.dataset.layout = options.layout;
  render();
  return {
    showSnapshot: snapshot => store.showSnapshot(snapshot),
    connect: next => {
      source = next;
      store.connect(next);
      render();
    },
    setNotice: text => {
      notice = text;
      render();
    },
    dispose: () => {
      store.disconnect();
      root.unmount();
    }
  };
}

function always(): boolean {
  return true;
}

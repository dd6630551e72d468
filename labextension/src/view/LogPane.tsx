import React, { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useCopying } from './copying';
import { lanesOf } from './lanes';
import { LogEditor } from './logEditor';
import { type FindField, LogFind } from './LogFind';
import { LogLoader } from './logLoader';
import { keyAction } from './logKeys';
import {
  type IFound,
  type ILogSearch,
  type IWanted,
  marksIn,
  NOTHING_FOUND,
  ServerSearch,
  WindowSearch
} from './logSearch';
import { rowText } from './logTexts';
import { MergedReader } from './mergedReader';
import { PodReader } from './podReader';
import { type IPod } from './records';
import { type ILineRow, numberOf } from './rows';
import { type ExperimentStore } from './store';
import { useTranslate } from './texts';

/** Milliseconds between two questions for the times of what is in view. */
const TIMES_EVERY = 300;

/** A line of a pod's log by a byte of it. */
export interface ILinePlace {
  offset: number;
  attempt: number;
}

interface ILogPaneProps {
  store: ExperimentStore;
  pods: readonly IPod[];
  /** The pod whose log is shown; null for all of them in one. */
  pod: string | null;
  /** Whether a log that is opened follows its end. */
  follows: () => boolean;
  /** What to say as long as the log has no line. */
  emptyText: string;
  /** A line to go to; a new object each time. */
  wanted: ILinePlace | null;
  /** What chooses the log: it shares a row with the buttons. */
  tabs: React.ReactNode;
  /** Id of the panel that the tabs control, and of the tab that names it. */
  panelId: string;
  tabId: string;
  /** More buttons. */
  children?: React.ReactNode;
}

/** What shows a log, made anew for each pod. */
interface IShown {
  editor: LogEditor;
  loader: LogLoader;
  reader: PodReader | MergedReader;
}

/** The live log of one pod, or of all. */
export function LogPane(props: ILogPaneProps): JSX.Element {
  const { store, pods, pod, wanted, follows } = props;
  const trans = useTranslate();
  const label = pod === null ? trans.__('Logs of all pods') : trans.__('Logs of %1', pod);
  const root = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<IShown | null>(null);
  const [following, setFollowing] = useState(true);
  const [empty, setEmpty] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const [wrap, setWrap] = useState(false);
  const [times, setTimes] = useState(false);
  const [fold, setFold] = useState(false);
  const [finding, setFinding] = useState<{ field: FindField } | null>(null);
  const [found, setFound] = useState<IFound>(NOTHING_FOUND);
  const { outcome, copy } = useCopying();
  const lanes = useLanes(pods);
  const isFolding = pod === null && fold;

  useEffect(() => {
    if (!host.current) {
      return undefined;
    }
    setFollowing(true);
    setProblem(null);
    setFinding(null);
    const laneOf = (name: string): string => lanes.current.get(name)?.label ?? name;
    const loader = new LogLoader(() => store.source, setProblem);
    const texts = {
      trans,
      canLoad: () => loader.isAvailable,
      speaker: pod === null ? laneOf : null
    };
    const editor = new LogEditor(host.current, label, row => rowText(row, texts), {
      onFollow: setFollowing,
      onScroll: (first, last, up) => reader.scrolled(first, last, up),
      onPick: row => {
        if (row.kind === 'gap' && reader instanceof PodReader) {
          void reader.fill(row, row.below !== null);
        } else if (row.kind === 'note' && reader instanceof MergedReader) {
          void (row.note === 'older' ? reader.fill() : reader.follow());
        }
      },
      onKey: event => {
        const action = keyAction(event);
        if (action) {
          event.preventDefault();
          event.stopPropagation();
          action({
            editor,
            follow: () => reader.follow(),
            toBeginning: () => void (reader instanceof PodReader && reader.goTo(0)),
            find: field => setFinding({ field })
          });
        }
      }
    });
    const reader =
      pod === null
        ? new MergedReader(editor, loader, () => store.logs(), isFolding)
        : new PodReader(editor, loader, () => store.log(pod));
    if (!follows()) {
      editor.hold();
    }
    if (pod === null) {
      editor.speaker = row => laneOf(row.segment.pod);
    }
    const update = (): void => {
      reader.update();
      const logs = pod === null ? store.logs() : [store.log(pod)];
      setEmpty(logs.every(log => log === null || log.isEmpty));
    };
    const stop = whileVisible(root.current ?? host.current, () => {
      update();
      return store.subscribe(update);
    });
    setShown({ editor, loader, reader });
    return () => {
      stop();
      editor.dispose();
      setShown(null);
    };
  }, [store, pod, label, trans, lanes, isFolding, follows]);

  useEffect(() => shown?.editor.setWrapping(wrap), [shown, wrap]);

  useEffect(() => {
    shown?.editor.setColumns({
      numbers: pod !== null,
      times,
      lane:
        pod === null
          ? name => lanes.current.get(name) ?? { label: name, title: name, colour: 'gray' }
          : null
    });
    return shown && times ? keepTimes(shown) : undefined;
  }, [shown, pod, times, lanes]);

  useEffect(() => {
    if (wanted && shown?.reader instanceof PodReader) {
      void shown.reader.goToOffset(wanted.offset, wanted.attempt);
    }
  }, [shown, wanted]);

  const search = useMemo(
    () => (shown ? searchOf(shown, store, pod, setFound) : null),
    [shown, store, pod]
  );
  const onWanted = useCallback(
    (what: IWanted | null) => {
      if (shown) {
        setFound(NOTHING_FOUND);
        shown.editor.find = text => marksIn(text, what);
        shown.editor.redraw();
      }
    },
    [shown]
  );
  const closeFind = (): void => {
    setFinding(null);
    shown?.editor.focus();
  };
  const toggle = (
    name: string,
    title: string,
    on: boolean,
    set: (on: boolean) => void
  ): JSX.Element => (
    <button
      type="button"
      className="submarine-LogTool"
      aria-pressed={on}
      title={title}
      onClick={() => set(!on)}
    >
      {name}
    </button>
  );
  const canLoad = Boolean(store.source?.lines);
  return (
    <div ref={root} className="submarine-LogPane">
      <div className="submarine-LogBar">
        {props.tabs}
        <div className="submarine-LogTools" data-lm-suppress-shortcuts="true">
          {toggle(
            trans.__('Find'),
            trans.__('Find a text, or go to a line'),
            finding !== null,
            on => setFinding(on ? { field: 'text' } : null)
          )}
          {toggle(trans.__('Wrap'), trans.__('Break long lines'), wrap, setWrap)}
          {canLoad &&
            toggle(trans.__('Times'), trans.__('When each line was written'), times, setTimes)}
          {pod === null &&
            toggle(
              trans.__('Fold'),
              trans.__('Show the same line of several pods once'),
              fold,
              setFold
            )}
          <button
            type="button"
            className="submarine-LogTool"
            title={trans.__('Copy what is selected, or all lines that are loaded')}
            onClick={() => copy(shown?.editor.copied() ?? '')}
          >
            {outcome === 'copied' ? trans.__('Copied') : trans.__('Copy')}
          </button>
          {props.children}
        </div>
      </div>
      {finding && search && (
        <div data-lm-suppress-shortcuts="true">
          <LogFind
            search={search}
            found={found}
            isWhole={search instanceof ServerSearch}
            focus={finding}
            onWanted={onWanted}
            onLine={
              shown?.reader instanceof PodReader && canLoad
                ? number => void (shown.reader as PodReader).goTo(number - 1)
                : null
            }
            onClose={closeFind}
          />
        </div>
      )}
      {outcome === 'refused' && (
        <p role="status" className="submarine-LogPane-problem">
          {trans.__(
            'Nothing was copied: the browser keeps its clipboard from this page. ' +
              'Select lines, and copy them by the keyboard.'
          )}
        </p>
      )}
      {problem && (
        <p role="status" className="submarine-LogPane-problem">
          {trans.__('Lines could not be loaded: %1', problem)}
        </p>
      )}
      <div
        role="tabpanel"
        id={props.panelId}
        aria-labelledby={props.tabId}
        className="submarine-LogPane-body"
      >
        <div
          ref={host}
          role="log"
          aria-label={label}
          aria-live="off"
          dir="ltr"
          className="submarine-Log"
          data-empty={empty}
        />
        {empty && <p className="submarine-LogPane-empty">{props.emptyText}</p>}
        {!following && (
          <button
            type="button"
            className="submarine-Button submarine-LogPane-follow"
            data-lm-suppress-shortcuts="true"
            onClick={() => shown?.reader.follow()}
          >
            {trans.__('Follow')}
          </button>
        )}
      </div>
    </div>
  );
}

/** The lanes of the pods, at hand without making the log anew when a pod changes its state. */
function useLanes(pods: readonly IPod[]): React.MutableRefObject<ReturnType<typeof lanesOf>> {
  const lanes = useRef(lanesOf([]));
  lanes.current = useMemo(() => lanesOf(pods), [pods]);
  return lanes;
}

function searchOf(
  { editor, reader }: IShown,
  store: ExperimentStore,
  pod: string | null,
  onFound: (found: IFound) => void
): ILogSearch {
  const { source } = store;
  if (pod === null || !source?.search || !(reader instanceof PodReader)) {
    return new WindowSearch(editor, onFound);
  }
  const place = {
    firstInView: () => {
      const { first, last } = editor.inView();
      const lines = editor.rows.slice(first, last + 1).filter(isLine);
      return Math.max(0, ...lines.slice(0, 1).map(row => numberOf(row) ?? 0));
    },
    show: (number: number, match: Parameters<PodReader['goTo']>[1]) => reader.goTo(number, match)
  };
  return new ServerSearch(source.search.bind(source), pod, place, onFound);
}

/** Ask for the times of what is in view as long as they are shown. */
function keepTimes({ editor, loader }: IShown): () => void {
  let isAsking = false;
  const ask = async (): Promise<void> => {
    const { first, last } = editor.inView();
    isAsking = true;
    if (await loader.time(editor.rows.slice(first, last + 1).filter(isLine))) {
      editor.redraw();
    }
    isAsking = false;
  };
  const timer = setInterval(() => {
    if (!isAsking) {
      void ask();
    }
  }, TIMES_EVERY);
  return () => clearInterval(timer);
}

function isLine(row: LogEditor['rows'][number]): row is ILineRow {
  return row.kind === 'line';
}

/** Do something as long as an element can be seen; the returned function ends it. */
function whileVisible(element: HTMLElement, begin: () => () => void): () => void {
  let end: (() => void) | null = null;
  const observer = new IntersectionObserver(entries => {
    const isVisible = entries[entries.length - 1].isIntersecting;
    if (isVisible && !end) {
      end = begin();
    } else if (!isVisible) {
      end?.();
      end = null;
    }
  });
  observer.observe(element);
  return () => {
    observer.disconnect();
    end?.();
  };
}

import React, { useEffect, useRef, useState } from 'react';
import { LogEditor } from './logEditor';
import { type PodLog } from './podLog';
import { type ExperimentStore } from './store';
import { useTranslate } from './texts';

interface ILogPaneProps {
  store: ExperimentStore;
  pod: string;
  /** What to say as long as the log has no line. */
  emptyText: string;
}

/** The live log of one pod. */
export function LogPane(props: ILogPaneProps): JSX.Element {
  const { store, pod } = props;
  const trans = useTranslate();
  const label = trans.__('Logs of %1', pod);
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<LogEditor | null>(null);
  const [following, setFollowing] = useState(true);
  const [about, setAbout] = useState(() => describe(store.log(pod)));

  useEffect(() => {
    if (!host.current) {
      return;
    }
    setFollowing(true);
    const logEditor = new LogEditor(host.current, label, setFollowing);
    editor.current = logEditor;
    const update = (): void => {
      const log = store.log(pod);
      if (log) {
        logEditor.update(log);
      }
      setAbout(before => {
        const now = describe(log);
        return now.empty === before.empty &&
          now.truncated === before.truncated &&
          now.dropped === before.dropped
          ? before
          : now;
      });
    };
    update();
    const unsubscribe = store.subscribe(update);
    return () => {
      unsubscribe();
      logEditor.dispose();
      editor.current = null;
    };
  }, [store, pod, label]);

  return (
    <div className="submarine-LogPane">
      {about.truncated && (
        <p className="submarine-LogPane-note">
          {about.dropped > 0
            ? trans._n(
                '%1 earlier line is not shown here.',
                '%1 earlier lines are not shown here.',
                about.dropped
              )
            : trans.__('Earlier lines are not shown here.')}
        </p>
      )}
      <div
        ref={host}
        role="log"
        aria-label={label}
        aria-live="off"
        className="submarine-Log"
        data-empty={about.empty}
      />
      {about.empty && <p className="submarine-LogPane-empty">{props.emptyText}</p>}
      {!following && (
        <button
          type="button"
          className="submarine-Button submarine-LogPane-follow"
          data-lm-suppress-shortcuts="true"
          onClick={() => editor.current?.follow()}
        >
          {trans.__('Follow')}
        </button>
      )}
    </div>
  );
}

interface IAbout {
  empty: boolean;
  truncated: boolean;
  dropped: number;
}

function describe(log: PodLog | null): IAbout {
  return {
    empty: log === null || log.isEmpty,
    truncated: log?.truncated ?? false,
    dropped: log?.dropped ?? 0
  };
}

import React, { useCallback, useEffect, useRef, useState } from 'react';
import { type IFound, type ILogSearch, type IWanted } from './logSearch';
import { type ITranslate, useTranslate } from './texts';

/** Milliseconds without a key after which a search begins. */
const TYPING = 100;

/** Where the reader begins to type. */
export type FindField = 'text' | 'line';

interface ILogFindProps {
  search: ILogSearch;
  found: IFound;
  /** Whether the whole log is searched, or else only what is loaded. */
  isWhole: boolean;
  /** The field that gets the focus; a new object each time. */
  focus: { field: FindField };
  onWanted: (wanted: IWanted | null) => void;
  /** Go to a line by its number, from 1; null where lines have none. */
  onLine: ((number: number) => void) | null;
  onClose: () => void;
}

/** The row in which one looks for a text or goes to a line. */
export function LogFind(props: ILogFindProps): JSX.Element {
  const { search, found, isWhole, focus, onWanted, onLine } = props;
  const trans = useTranslate();
  const [wanted, setWanted] = useState<IWanted>({ text: '', case: false, regex: false });
  const text = useRef<HTMLInputElement>(null);
  const line = useRef<HTMLInputElement>(null);
  const isShown = useRef(wanted);

  useEffect(() => {
    const field = focus.field === 'line' ? line.current : text.current;
    field?.focus({ preventScroll: true });
    field?.select();
  }, [focus]);

  const begin = useCallback(() => {
    if (isShown.current !== wanted) {
      isShown.current = wanted;
      onWanted(wanted);
      void search.begin(wanted);
      return true;
    }
    return false;
  }, [wanted, search, onWanted]);

  useEffect(() => {
    const timer = setTimeout(begin, TYPING);
    return () => clearTimeout(timer);
  }, [begin]);

  useEffect(
    () => () => {
      search.end();
      onWanted(null);
    },
    [search, onWanted]
  );

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      props.onClose();
    } else if (event.key === 'Enter' && event.target === text.current) {
      event.preventDefault();
      if (!begin()) {
        void search.go(event.shiftKey ? 'backward' : 'forward');
      }
    } else if (event.key === 'Enter' && event.target === line.current) {
      event.preventDefault();
      const number = line.current.valueAsNumber;
      if (number >= 1) {
        onLine?.(number);
      }
    }
  };
  const toggle = (option: 'case' | 'regex', sign: string, label: string): JSX.Element => (
    <button
      type="button"
      className="submarine-LogTool"
      aria-pressed={wanted[option]}
      aria-label={label}
      title={label}
      onClick={() => setWanted({ ...wanted, [option]: !wanted[option] })}
    >
      {sign}
    </button>
  );
  return (
    <div className="submarine-LogFind" role="search" onKeyDown={onKeyDown}>
      <input
        ref={text}
        type="search"
        className="submarine-Field submarine-LogFind-text"
        aria-label={trans.__('Find in log')}
        placeholder={trans.__('Find in log')}
        spellCheck={false}
        maxLength={1000}
        value={wanted.text}
        onChange={event => setWanted({ ...wanted, text: event.target.value })}
      />
      {toggle('case', 'Aa', trans.__('Match case'))}
      {isWhole && toggle('regex', '.*', trans.__('Regular expression'))}
      <button
        type="button"
        className="submarine-LogTool"
        aria-label={trans.__('Previous match')}
        title={trans.__('Previous match')}
        onClick={() => void search.go('backward')}
      >
        ↑
      </button>
      <button
        type="button"
        className="submarine-LogTool"
        aria-label={trans.__('Next match')}
        title={trans.__('Next match')}
        onClick={() => void search.go('forward')}
      >
        ↓
      </button>
      <span role="status" className="submarine-LogFind-found" data-problem={Boolean(found.problem)}>
        {wanted.text && describe(found, isWhole, trans)}
      </span>
      {onLine && (
        <input
          ref={line}
          type="number"
          min={1}
          className="submarine-Field submarine-LogFind-line"
          aria-label={trans.__('Go to line')}
          placeholder={trans.__('Line')}
        />
      )}
      <button
        type="button"
        className="submarine-LogTool"
        aria-label={trans.__('Close search')}
        title={trans.__('Close search')}
        onClick={props.onClose}
      >
        ×
      </button>
    </div>
  );
}

function describe(
  { count, isAll, current, problem }: IFound,
  isWhole: boolean,
  trans: ITranslate
): string {
  if (problem) {
    return problem;
  }
  const total = `${count.toLocaleString()}${isAll ? '' : '+'}`;
  const place =
    current === null
      ? trans._n('%2 line', '%2 lines', count, total)
      : trans.__('%1 of %2', current.toLocaleString(), total);
  return isWhole ? place : trans.__('%1 in what is loaded here', place);
}

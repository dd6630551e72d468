import { gapSize, type IGapRow, type Row } from './rows';
import { type ITranslate } from './texts';

/** What rows read, in the reader's language. */
export interface IRowTexts {
  trans: ITranslate;
  /** Whether lines that are left out can be loaded. */
  canLoad: () => boolean;
  /** The short name of a pod, in a log of several. */
  speaker: ((pod: string) => string) | null;
}

/** What a row reads. */
export function rowText(row: Row, texts: IRowTexts): string {
  const { trans } = texts;
  if (row.kind === 'line') {
    return row.line.text;
  }
  if (row.kind === 'gap') {
    return gapText(row, texts);
  }
  switch (row.note) {
    case 'attempt':
      return `── ${trans.__('Attempt %1', row.attempt)} ──`;
    case 'older':
      return texts.canLoad()
        ? trans.__('Earlier lines: scroll up to load')
        : trans.__('Earlier lines are not shown here.');
    case 'newer':
      return trans.__('Newer lines are not shown; “Follow” goes to the end');
  }
}

function gapText(gap: IGapRow, { trans, canLoad, speaker }: IRowTexts): string {
  const size = gapSize(gap);
  const count = size?.toLocaleString();
  if (!gap.below) {
    return trans.__('Newer lines: scroll down to load, or “Follow” to go to the end');
  }
  if (speaker) {
    const pod = speaker(gap.pod);
    return size === null
      ? trans.__('Lines of %1 left out', pod)
      : trans._n('%2 line of %3 left out', '%2 lines of %3 left out', size, count ?? '', pod);
  }
  if (!canLoad()) {
    return size === null
      ? trans.__('Lines left out here')
      : trans._n('%2 line left out here', '%2 lines left out here', size, count ?? '');
  }
  return size === null
    ? trans.__('Lines left out; scroll up to load')
    : trans._n(
        '%2 line left out; scroll up to load',
        '%2 lines left out; scroll up to load',
        size,
        count ?? ''
      );
}

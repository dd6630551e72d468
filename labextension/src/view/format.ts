import { type IExperiment, isTerminal } from './records';
import { type ITranslate } from './texts';

/** Milliseconds of an API time, or null where there is none. */
export function parseTime(time: string | null | undefined): number | null {
  const parsed = time ? Date.parse(time) : NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** A duration in at most two units, such as `3 min 4 s`. */
export function formatDuration(milliseconds: number, trans: ITranslate): string {
  if (milliseconds > 0 && milliseconds < 1000) {
    return trans.__('%1 s', (Math.ceil(milliseconds / 100) / 10).toFixed(1));
  }
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) {
    return trans.__('%1 s', seconds);
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return trans.__('%1 min %2 s', minutes, seconds % 60);
  }
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return trans.__('%1 h %2 min', hours, minutes % 60);
  }
  return trans.__('%1 d %2 h', Math.floor(hours / 24), hours % 24);
}

/** How long ago something was, in one unit, such as `4 min ago`. */
export function formatAge(milliseconds: number, trans: ITranslate): string {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000);
  if (minutes < 1) {
    return trans.__('just now');
  }
  if (minutes < 60) {
    return trans.__('%1 min ago', minutes);
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? trans.__('%1 h ago', hours) : trans.__('%1 d ago', Math.floor(hours / 24));
}

/** Milliseconds an experiment has run so far, or did; null before it runs. */
export function elapsed(experiment: IExperiment, now: number): number | null {
  const begin = parseTime(experiment.runningTime);
  if (begin === null) {
    return null;
  }
  const end = parseTime(experiment.finishedTime);
  if (end === null && isTerminal(experiment.status)) {
    return null;
  }
  return Math.max(0, (end ?? now) - begin);
}

/** Hours, minutes and seconds in the reader's own way. */
export function formatClock(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString();
}

/** A metric's value with at most five significant digits. */
export function formatValue(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

/** A number of bytes in the unit that fits it. */
export function formatBytes(bytes: number, trans: ITranslate): string {
  if (bytes < 1000) {
    return trans.__('%1 B', bytes);
  }
  if (bytes < 1e6) {
    return trans.__('%1 kB', rounded(bytes / 1e3));
  }
  return bytes < 1e9
    ? trans.__('%1 MB', rounded(bytes / 1e6))
    : trans.__('%1 GB', rounded(bytes / 1e9));
}

function rounded(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** Date and time in the reader's own way. */
export function formatDateTime(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString([], { dateStyle: 'short', timeStyle: 'short' });
}

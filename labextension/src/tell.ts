import { Notification } from '@jupyterlab/apputils';

/** Tell what went wrong until the reader takes it away: by itself it would only be counted. */
export function tellError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  Notification.error(message, { autoClose: false });
}

/** Tell why something cannot be done, for a while. */
export function tellRefusal(why: string): void {
  Notification.warning(why, { autoClose: 10_000 });
}

import { type PodState, type Status } from './records';
import { type ITranslate } from './texts';

/** A status, of an experiment or of a pod, in the reader's language. */
export function statusLabel(status: Status | PodState, trans: ITranslate): string {
  switch (status) {
    case 'Accepted':
      return trans.__('Accepted');
    case 'Created':
      return trans.__('Created');
    case 'Pending':
      return trans.__('Pending');
    case 'Running':
      return trans.__('Running');
    case 'Succeeded':
      return trans.__('Succeeded');
    case 'Failed':
      return trans.__('Failed');
    case 'Stopped':
      return trans.__('Stopped');
    case 'Deleted':
      return trans.__('Deleted');
    default:
      return status;
  }
}

import { type IExperiment, type PodState, type Status } from './records';
import { type ITranslate } from './texts';

/** How an experiment stands, for people: who stops a run does not call it failed. */
export function shownStatus(
  { status }: IExperiment,
  reason: string | null | undefined
): Status | PodState {
  return status === 'Failed' && reason === 'Stopped' ? 'Stopped' : status;
}

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

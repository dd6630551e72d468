import { type IFailure } from './advice';
import { shorten } from './pods';
import { type IPod } from './records';
import { failure, type IViewState } from './state';

/** All that is known of why a run failed. */
export interface IDiagnosis extends IFailure {
  /** One sentence. */
  sentence: string;
  /** The last lines of the pod that made it fail; none where nothing was written. */
  lines: readonly string[];
}

/** Why the experiment failed; null when it did not, or nothing tells. */
export function diagnose(state: IViewState): IDiagnosis | null {
  const event = failure(state);
  const { experiment, events, pods } = state;
  if (!event || !experiment) {
    return null;
  }
  const evidence = [...events].reverse().find(({ kind }) => kind === 'evidence');
  const pod = podOf(pods, evidence?.pod ?? event.pod);
  // These say no more than that it failed: the sentence does.
  const reason = event.message && /^(Error|Signal)$/.test(event.reason) ? '' : event.reason;
  const sentence = [reason, event.message].filter(Boolean).join(': ');
  return {
    reason: event.reason,
    message: event.message,
    pod,
    sentence: shorten(sentence, experiment.experimentId),
    // A reader who stopped it knows what it was doing.
    lines: event.reason === 'Stopped' ? [] : (evidence?.message.split('\n') ?? [])
  };
}

function podOf(pods: readonly IPod[], name: string | null): IPod | null {
  const failed = pods.filter(({ state }) => state === 'Failed');
  return pods.find(pod => pod.name === name) ?? (failed.length === 1 ? failed[0] : null);
}

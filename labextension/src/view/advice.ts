import { type IExperiment, type IPod } from './records';
import { type ITranslate } from './texts';

/** What is known of a failure. */
export interface IFailure {
  reason: string;
  /** One sentence, as the server says it. */
  message: string;
  /** The pod that made the run fail, or null. */
  pod: IPod | null;
}

/** What to do about a failure, in one sentence; null where the reason says all there is. */
export function advice(
  failure: IFailure,
  experiment: IExperiment,
  trans: ITranslate
): string | null {
  switch (failure.reason) {
    case 'OOMKilled':
      return moreMemory(failure.pod, experiment, trans);
    case 'CommandNotFound':
      return trans.__(
        'Run again with a command that is there: check its spelling, and the environment it runs in.'
      );
    case 'WorkdirNotFound':
      return trans.__('Run it again from a directory that is still there.');
    case 'LogLimit':
      return trans.__('Run again with less output, or give the server a larger --log-cap.');
    case 'CodeSyncFailed':
      return trans.__('Check the address of the code, its branch and its credentials.');
    case 'EnvironmentFailed':
      return trans.__('Check the names and versions of the packages of the environment.');
    case 'ImagePullFailed':
      return trans.__('Check the name of the image, and that the cluster may fetch it.');
    case 'Interrupted':
    case 'Unknown':
      return trans.__('Run it again: nothing tells that the program was at fault.');
    case 'SubmitFailed':
    case 'SupervisorFailed':
      return trans.__(
        'Run it again; if it fails in the same way, the log of the experiment server says more.'
      );
    case 'Error':
    case 'Signal':
      return ofProgram(failure, experiment, trans);
    default:
      return null;
  }
}

function ofProgram(
  { message, pod }: IFailure,
  experiment: IExperiment,
  trans: ITranslate
): string | null {
  const missing = /No module named '?([\w.]+)/.exec(message);
  if (missing) {
    return trans.__(
      'Install %1 where it runs, such as with "%pip install %1" in this notebook, and run again.',
      missing[1].split('.')[0]
    );
  }
  if (/CUDA out of memory|OutOfMemoryError/.test(message)) {
    return trans.__('Run again with smaller batches, or on a GPU with more memory.');
  }
  if (/\bMemoryError\b|SIGKILL|Cannot allocate memory|Out of memory/i.test(message)) {
    return moreMemory(pod, experiment, trans);
  }
  if (/No space left on device|the disk is full/.test(message)) {
    return trans.__('Make room on the disk, and run again.');
  }
  if (/FileNotFoundError|No such file or directory/.test(message)) {
    return trans.__(
      'Check the path: a run starts in the directory of the notebook, unless it says otherwise.'
    );
  }
  if (/SIGSEGV|SIGABRT|SIGBUS|SIGILL/.test(message)) {
    return trans.__(
      'A native library ended the program: check that its packages fit each other and the machine.'
    );
  }
  return null;
}

function moreMemory(pod: IPod | null, experiment: IExperiment, trans: ITranslate): string {
  const asked = pod && experiment.spec.spec[pod.role]?.resources;
  const more = asked ? doubledMemory(asked) : null;
  if (!pod || more === null) {
    return trans.__('Run again with more memory, such as memory=2G in the resources.');
  }
  return trans.__('Run again with memory=%1 for %2.', more, pod.role);
}

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** Twice the memory that resources such as `cpu=1,memory=512M` ask for, or null. */
export function doubledMemory(resources: string): string | null {
  const found = /(?:^|,)\s*memory\s*=\s*(\d+(?:\.\d+)?)([kKMGT]?)(i?)\s*(?:,|$)/.exec(resources);
  if (!found) {
    return null;
  }
  const [, text, letter, binary] = found;
  const step = binary ? 1024 : 1000;
  let amount = Number(text) * 2;
  let unit = UNITS.indexOf(letter.toUpperCase());
  while (unit > 0 && unit < UNITS.length - 1 && amount % step === 0) {
    amount /= step;
    unit += 1;
  }
  return `${amount}${UNITS[unit]}${binary}`;
}

import { advice, doubledMemory, type IFailure } from './advice';
import { experiment } from './experiment.fixture';
import { type IPod } from './records';
import { ENGLISH } from './texts';

const WORKER: IPod = { name: 'e-worker-0', role: 'Worker', index: 0, state: 'Failed' };

function of(reason: string, message = '', pod: IPod | null = WORKER): string | null {
  const failed = experiment('e', 'Failed');
  failed.spec.spec.Worker.resources = 'cpu=1,memory=1000M';
  const failure: IFailure = { reason, message, pod };
  return advice(failure, failed, ENGLISH);
}

describe('advice', () => {
  it('doubles the memory that was not enough', () => {
    expect(of('OOMKilled')).toBe('Run again with memory=2G for Worker.');
    expect(of('Signal', 'worker-0 was ended by SIGKILL')).toBe(
      'Run again with memory=2G for Worker.'
    );
    expect(of('OOMKilled', '', null)).toContain('more memory');
  });

  it('says how to install what is missing', () => {
    const said = of(
      'Error',
      "worker-0 exited with code 1: ModuleNotFoundError: No module named 'a.b'"
    );
    expect(said).toContain('"%pip install a"');
  });

  it.each([
    ['CommandNotFound', '', 'command'],
    ['WorkdirNotFound', '', 'directory'],
    ['LogLimit', '', '--log-cap'],
    ['Interrupted', '', 'Run it again'],
    ['Unknown', '', 'Run it again'],
    ['SubmitFailed', '', 'log of the experiment server'],
    ['Error', 'torch.OutOfMemoryError: CUDA out of memory', 'smaller batches'],
    ['Error', 'OSError: No space left on device', 'room on the disk'],
    ['Error', "FileNotFoundError: No such file or directory: 'x'", 'Check the path'],
    ['Signal', 'worker-0 was ended by SIGSEGV', 'native library']
  ])('knows %s %s', (reason, message, expected) => {
    expect(of(reason, message)).toContain(expected);
  });

  it('is silent where it knows nothing better than the reason', () => {
    expect(of('Error', 'worker-0 exited with code 3')).toBeNull();
    expect(of('Stopped', 'it was stopped on request')).toBeNull();
    expect(of('Novelty')).toBeNull();
  });
});

describe('doubledMemory', () => {
  it.each([
    ['cpu=1,memory=512M', '1024M'],
    ['memory=512Mi,cpu=1', '1Gi'],
    ['cpu=1, memory=1.5G', '3G'],
    ['memory=500M', '1G'],
    ['memory=1073741824', '2147483648'],
    ['cpu=1', null],
    ['cpu=1,memory=lots', null]
  ])('of %s is %s', (resources, expected) => {
    expect(doubledMemory(resources)).toBe(expected);
  });
});

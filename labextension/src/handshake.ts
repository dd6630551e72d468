import { type TranslationBundle } from '@jupyterlab/translation';
import { type IInfo } from './api';
import { VERSION } from './version';

/** Something that the reader should know about the servers behind the page. */
export interface IHint {
  kind: 'version' | 'unreachable' | 'whole-logs';
  text: string;
}

/**
 * What a handshake tells, in one sentence with what to do.
 *
 * @param upstream - name of the upstream that is shown; null is the default one
 */
export function diagnose(
  info: IInfo,
  upstream: string | null,
  trans: TranslationBundle,
  version = VERSION
): IHint | null {
  const name = upstream ?? info.default_upstream;
  const { state, message, version: server } = info.upstreams[name] ?? {};
  if (state === 'unreachable' && message) {
    return { kind: 'unreachable', text: message };
  }
  if (!isSameRelease(info.version, version)) {
    return {
      kind: 'version',
      text: trans.__(
        'The page is of submarine-jupyter %1 and the Jupyter server of %2: ' +
          'reload the page, and restart Jupyter if that does not help.',
        version,
        info.version
      )
    };
  }
  if (state === 'connected' && !server) {
    return {
      kind: 'whole-logs',
      text: trans.__(
        '%1 has no streams: it is asked for news every few seconds, and shows no metrics and files.',
        name
      )
    };
  }
  return null;
}

/** Whether two versions are of one release; what follows a patch number does not count. */
function isSameRelease(one: string, other: string): boolean {
  const [first, second] = [one, other].map(text => /^\d+\.\d+\.\d+/.exec(text)?.[0] ?? text);
  return first === second;
}

import { type TranslationBundle } from '@jupyterlab/translation';
import { type IInfo, type IUpstreamInfo } from './api';
import { VERSION } from './version';
import { type ReadOnly } from './view/readOnly';

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

/**
 * The name of the upstream that a server id belongs to, or null.
 *
 * @param server - empty for a server that tells no id, as Apache Submarine
 */
export function upstreamOf(info: IInfo, server: string): string | null {
  const isIt = ({ server: id, state }: IUpstreamInfo): boolean =>
    server === '' ? id === null && state === 'connected' : id === server;
  const names = Object.keys(info.upstreams).filter(name => isIt(info.upstreams[name]));
  if (names.includes(info.default_upstream)) {
    return info.default_upstream;
  }
  // Of several without an id each could be it.
  return names.length === 1 || server !== '' ? (names[0] ?? null) : null;
}

/** The names of the upstreams that have not said yet which server they are. */
export function silentUpstreams({ upstreams }: IInfo): string[] {
  return Object.keys(upstreams).filter(name => {
    const { server, state } = upstreams[name];
    return server === null && (state === 'unreachable' || state === 'unknown');
  });
}

/** What keeps the reader from changing anything at an upstream; null is the default one. */
export function readOnlyAt(info: IInfo, upstream: string | null): ReadOnly | null {
  if (info.may_write === false) {
    return 'user';
  }
  return info.upstreams[upstream ?? info.default_upstream]?.role === 'reader' ? 'token' : null;
}

/** Whether two versions are of one release; what follows a patch number does not count. */
function isSameRelease(one: string, other: string): boolean {
  const [first, second] = [one, other].map(text => /^\d+\.\d+\.\d+/.exec(text)?.[0] ?? text);
  return first === second;
}

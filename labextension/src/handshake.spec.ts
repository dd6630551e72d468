import { nullTranslator } from '@jupyterlab/translation';
import { type IInfo, type IUpstreamInfo } from './api';
import { diagnose, upstreamOf } from './handshake';

const trans = nullTranslator.load('');

function info(version: string, upstream: Partial<IUpstreamInfo> = {}): IInfo {
  const connected: IUpstreamInfo = {
    server: 'id',
    state: 'connected',
    message: null,
    version: '1.2.3'
  };
  return {
    version,
    default_upstream: 'team',
    upstreams: { team: { ...connected, ...upstream } }
  };
}

describe('diagnose', () => {
  it('has nothing to say of one release, whatever follows its number', () => {
    expect(diagnose(info('1.2.3'), null, trans, '1.2.3')).toBeNull();
    expect(diagnose(info('1.2.3.dev0'), 'team', trans, '1.2.3-dev.0')).toBeNull();
  });

  it('tells what to do when page and server are of different releases', () => {
    const hint = diagnose(info('1.3.0'), null, trans, '1.2.3');
    expect(hint?.kind).toBe('version');
    expect(hint?.text).toContain('of submarine-jupyter 1.2.3 and the Jupyter server of 1.3.0');
  });

  it('passes on why an upstream cannot be reached, before anything else', () => {
    const refused = { state: 'unreachable', message: 'It refuses its token.' } as const;
    expect(diagnose(info('1.3.0', refused), null, trans, '1.2.3')).toEqual({
      kind: 'unreachable',
      text: 'It refuses its token.'
    });
  });

  it('says what an upstream without streams lacks', () => {
    const hint = diagnose(info('1.2.3', { version: null, server: null }), null, trans, '1.2.3');
    expect(hint?.kind).toBe('whole-logs');
    expect(hint?.text).toMatch(/^team has no streams/);
  });

  it('says nothing of one that was not started', () => {
    expect(
      diagnose(info('1.2.3', { state: 'stopped', version: null }), null, trans, '1.2.3')
    ).toBeNull();
  });
});

describe('upstreamOf', () => {
  const connected = { state: 'connected', message: null, version: null } as const;
  const apache = { ...connected, server: null };
  const stopped = { ...apache, state: 'stopped' } as const;
  const among = (upstreams: IInfo['upstreams'], server: string): string | null =>
    upstreamOf({ version: '1', default_upstream: 'own', upstreams }, server);

  it('finds a server by its id', () => {
    const upstreams = { own: { ...connected, server: 'a' }, team: { ...connected, server: 'b' } };
    expect(among(upstreams, 'b')).toBe('team');
    expect(among(upstreams, 'c')).toBeNull();
    expect(among(upstreams, '')).toBeNull();
  });

  it('takes the default or the only one without an id for a server without an id', () => {
    expect(among({ own: stopped, history: apache }, '')).toBe('history');
    expect(among({ own: apache, history: apache }, '')).toBe('own');
    expect(among({ own: stopped, history: apache, other: apache }, '')).toBeNull();
  });
});

import { nullTranslator } from '@jupyterlab/translation';
import { type IInfo, type IUpstreamInfo } from './api';
import { diagnose } from './handshake';

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

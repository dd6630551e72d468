import { describeSpec, isSecret } from './specText';

describe('describeSpec', () => {
  it('leaves out what is empty, and hides the values of secrets', async () => {
    const { yaml, program } = await describeSpec({
      meta: {
        experimentId: null,
        name: 'digits',
        cmd: 'python train.py',
        envVars: { LR: '0.1', HF_TOKEN: 'abc', EMPTY: '' },
        tags: []
      },
      environment: { image: null },
      spec: {
        Worker: {
          replicas: 2,
          resources: 'cpu=1',
          resourceMap: { cpu: '1' },
          envVars: { PGPASSWORD: 'x' }
        }
      },
      code: null
    });
    expect(program).toBeNull();
    expect(yaml).toBe(
      [
        'meta:',
        '  name: digits',
        '  cmd: python train.py',
        '  envVars:',
        '    LR: "0.1"',
        '    HF_TOKEN: "********"',
        '    EMPTY: ""',
        'spec:',
        '  Worker:',
        '    replicas: 2',
        '    resources: cpu=1',
        '    envVars:',
        '      PGPASSWORD: "********"',
        ''
      ].join('\n')
    );
  });
});

describe('isSecret', () => {
  it.each(['HF_TOKEN', 'apiKey', 'PGPASSWORD', 'MYSQL_PWD', 'AWS_SECRET_ACCESS_KEY', 'AUTH'])(
    'is %s',
    name => expect(isSecret(name)).toBe(true)
  );
  it.each(['TOKENIZER', 'MONKEY', 'AUTHOR', 'PWD', 'COMPASS', 'LR'])('is not %s', name =>
    expect(isSecret(name)).toBe(false)
  );
});

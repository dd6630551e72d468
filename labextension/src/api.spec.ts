import { ServerConnection } from '@jupyterlab/services';
import { ApiError, SubmarineApi } from './api';

interface IAnswer {
  status: number;
  body: unknown;
}

function envelope(result: unknown, attributes = {}) {
  return { status: 'OK', code: 200, success: true, message: null, result, attributes };
}

describe('SubmarineApi', () => {
  let answer: IAnswer | Error;
  let requests: { method: string; url: string }[];
  let api: SubmarineApi;

  beforeEach(() => {
    requests = [];
    api = new SubmarineApi(
      ServerConnection.makeSettings({
        baseUrl: 'http://here/a%40b/',
        token: '',
        Request: class {
          method: string;
          headers = { has: () => true, append: () => undefined, set: () => undefined };
          constructor(
            readonly url: string,
            init: RequestInit
          ) {
            this.method = init.method ?? 'GET';
          }
        } as unknown as typeof Request,
        fetch: async (input: RequestInfo) => {
          const { method, url } = input as Request;
          requests.push({ method, url: url.replace(/([?&])\d{10,}/, '') });
          if (answer instanceof Error) {
            throw answer;
          }
          const { status, body } = answer;
          return {
            ok: status < 400,
            status,
            json: () =>
              body === undefined ? Promise.reject(new SyntaxError()) : Promise.resolve(body)
          } as Response;
        }
      })
    );
  });

  it('reads the list with its cursor, in the background', async () => {
    answer = { status: 200, body: envelope([{ experimentId: 'e' }], { cursor: 'c', total: 1 }) };
    expect(await api.list(null, 200)).toEqual({
      experiments: [{ experimentId: 'e' }],
      cursor: 'c',
      next: null
    });
    expect(requests[0].url).toContain(
      'http://here/a%40b/submarine/api/v1/experiment?view=summary&order=desc&limit=200&no_track'
    );
  });

  it('says to log in again when a page for that is answered', async () => {
    answer = { status: 200, body: undefined };
    await expect(api.list(null, 200)).rejects.toThrow('Reload the page to log in again.');
    await expect(api.info()).rejects.toThrow('Reload the page to log in again.');
  });

  it('reads on where a page of the list ends', async () => {
    answer = { status: 200, body: envelope([], { next: '41' }) };
    expect((await api.list('team', 50, '91')).next).toBe('41');
    expect(requests[0].url).toContain('&limit=50&after=91');
  });

  it('counts what the reader does as activity', async () => {
    answer = { status: 200, body: envelope({}) };
    await api.stop(null, 'e');
    expect(requests[0]).toEqual({
      method: 'POST',
      url: 'http://here/a%40b/submarine/api/v1/experiment/e/stop'
    });
  });

  it('encodes every part of an address', async () => {
    answer = { status: 200, body: envelope([]) };
    await api.pods('te/am', '../e?x#y');
    expect(requests[0].url).toContain(
      '/submarine/upstreams/te%2Fam/api/v1/experiment/..%2Fe%3Fx%23y/pods'
    );
    await expect(api.remove(null, '..')).rejects.toThrow(ApiError);
    expect(requests).toHaveLength(1);
  });

  it('throws what the envelope says', async () => {
    answer = {
      status: 503,
      body: {
        code: 503,
        success: null,
        message: 'Not running.',
        result: null,
        attributes: { reason: 'NotStarted' }
      }
    };
    await expect(api.list(null, 1)).rejects.toMatchObject({
      code: 503,
      message: 'Not running.',
      reason: 'NotStarted'
    });
  });

  it('does not take an envelope without success for an answer', async () => {
    answer = { status: 200, body: { ...envelope(null), success: null, message: 'Invalid.' } };
    await expect(api.stop(null, 'e')).rejects.toThrow('Invalid.');
  });

  it('has a sentence for an answer that is no envelope', async () => {
    answer = { status: 500, body: undefined };
    await expect(api.list(null, 1)).rejects.toThrow('The server answered with HTTP status 500.');
  });

  it('says when nothing answers', async () => {
    answer = new TypeError('Failed to fetch');
    await expect(api.list(null, 1)).rejects.toMatchObject({ code: 0, reason: 'Unreachable' });
  });

  it('says how to enable a missing server extension', async () => {
    answer = { status: 404, body: undefined };
    await expect(api.info()).rejects.toThrow('jupyter server extension enable');
  });
});

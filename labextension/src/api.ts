import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { type IExperiment, type IPod } from './view/records';

/** How an upstream is, as the server extension sees it. */
export interface IUpstreamInfo {
  /** Stable id of the server's store; null as long as it is not known. */
  server: string | null;
  state: 'connected' | 'stopped' | 'unreachable' | 'unknown';
  message: string | null;
  version: string | null;
}

/** The handshake with the server extension. */
export interface IInfo {
  version: string;
  default_upstream: string;
  upstreams: { [name: string]: IUpstreamInfo };
}

/** A page of the list of experiments. */
export interface IExperimentList {
  experiments: IExperiment[];
  /** Where the stream of all experiments goes on after this list. */
  cursor: string | null;
}

interface IEnvelope {
  code: number;
  success: boolean | null;
  message: string | null;
  result: unknown;
  attributes: { [key: string]: unknown };
}

/** A call that the server, the extension or the network refused. */
export class ApiError extends Error {
  /**
   * @param code - HTTP status, or 0 when no answer came
   * @param message - one sentence for the reader
   * @param reason - `NotStarted`, `Unreachable`, or null
   */
  constructor(
    readonly code: number,
    message: string,
    readonly reason: string | null = null
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** The only place that makes HTTP calls. */
export class SubmarineApi {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  /** The extension's version and its upstreams. */
  async info(): Promise<IInfo> {
    // The handshake is the extension's own answer and has no envelope.
    const { response, body } = await this._fetch('GET', ['info']);
    if (response.status === 404) {
      throw new ApiError(
        404,
        'The submarine_jupyter server extension is not enabled. Run ' +
          '"jupyter server extension enable submarine_jupyter" and start Jupyter again.'
      );
    }
    if (!response.ok) {
      throw toError(response.status, body);
    }
    return body as IInfo;
  }

  /** All experiments in their summary view. */
  async list(upstream: string | null): Promise<IExperimentList> {
    const { result, attributes } = await this._call('GET', upstream, ['experiment'], {
      view: 'summary'
    });
    return {
      experiments: result as IExperiment[],
      cursor: typeof attributes.cursor === 'string' ? attributes.cursor : null
    };
  }

  async pods(upstream: string | null, id: string): Promise<IPod[]> {
    return (await this._call('GET', upstream, ['experiment', id, 'pods'])).result as IPod[];
  }

  /** End a run; its record and logs stay. */
  async stop(upstream: string | null, id: string): Promise<IExperiment> {
    return (await this._call('POST', upstream, ['experiment', id, 'stop'])).result as IExperiment;
  }

  /** Delete an experiment with its logs. */
  async remove(upstream: string | null, id: string): Promise<IExperiment> {
    return (await this._call('DELETE', upstream, ['experiment', id])).result as IExperiment;
  }

  /** Where the browser finds the whole log of a pod. */
  logUrl(upstream: string | null, id: string, pod: string): string {
    const url = this._url([...prefix(upstream), 'experiment', id, 'pods', pod, 'log']);
    const { appendToken, token } = this._settings;
    return appendToken && token ? url + URLExt.objectToQueryString({ token }) : url;
  }

  private async _call(
    method: 'GET' | 'POST' | 'DELETE',
    upstream: string | null,
    segments: readonly string[],
    query: { [name: string]: string } = {}
  ): Promise<IEnvelope> {
    const path = [...prefix(upstream), ...segments];
    const { response, body } = await this._fetch(method, path, query);
    if (!response.ok || !isEnvelope(body) || body.success !== true) {
      throw toError(response.status, body);
    }
    return body;
  }

  private async _fetch(
    method: string,
    segments: readonly string[],
    query: { [name: string]: string } = {}
  ): Promise<{ response: Response; body: unknown }> {
    // Reading in the background must not keep an idle server alive.
    const background = method === 'GET' ? { no_track_activity: '1' } : {};
    const url = this._url(segments) + URLExt.objectToQueryString({ ...query, ...background });
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, { method }, this._settings);
    } catch {
      throw new ApiError(0, 'The Jupyter server does not answer.', 'Unreachable');
    }
    const body: unknown = await response.json().catch(() => null);
    return { response, body };
  }

  private _url(segments: readonly string[]): string {
    // Parts are encoded one by one, so that a name from a notebook stays one part.
    return URLExt.join(
      this._settings.baseUrl,
      'submarine',
      ...segments.map(segment => encodeSegment(segment))
    );
  }
}

function prefix(upstream: string | null): string[] {
  return upstream === null ? ['api', 'v1'] : ['upstreams', upstream, 'api', 'v1'];
}

/** Encode one part of a path; `.` and `..` would otherwise be taken out by the browser. */
function encodeSegment(segment: string): string {
  if (segment === '' || segment === '.' || segment === '..') {
    throw new ApiError(400, `"${segment}" cannot be part of an address.`);
  }
  return encodeURIComponent(segment);
}

function isEnvelope(body: unknown): body is IEnvelope {
  return typeof body === 'object' && body !== null && 'success' in body && 'result' in body;
}

function toError(status: number, body: unknown): ApiError {
  const { message, attributes } = (body ?? {}) as Partial<IEnvelope>;
  const reason = attributes?.reason;
  return new ApiError(
    status,
    message || `The server answered with HTTP status ${status}.`,
    typeof reason === 'string' ? reason : null
  );
}

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { type ReadonlyJSONObject } from '@lumino/coreutils';
import { type IExperiment, type IOutputFile, type IPod } from './view/records';
import { ENGLISH, type ITranslate } from './view/texts';
import { type ILineRange, type ILogLines, type ILogMatches, type ILogQuery } from './view/source';

/** How an upstream is, as the server extension sees it. */
export interface IUpstreamInfo {
  /** Stable id of the server's store; null as long as it is not known. */
  server: string | null;
  state: 'connected' | 'stopped' | 'unreachable' | 'unknown';
  message: string | null;
  version: string | null;
  /** What its token allows; null where it has not said; older extensions do not tell. */
  role?: 'reader' | 'writer' | null;
}

/** The handshake with the server extension. */
export interface IInfo {
  version: string;
  /** Whether Jupyter lets the user submit and change; older extensions do not tell. */
  may_write?: boolean;
  default_upstream: string;
  upstreams: { [name: string]: IUpstreamInfo };
}

/** A page of the list of experiments, newest first where the server knows pages. */
export interface IExperimentList {
  experiments: IExperiment[];
  /** Where the stream of all experiments goes on after this list. */
  cursor: string | null;
  /** What to ask for the page that follows; null after the last one. */
  next: string | null;
}

/** An experiment's spec as the API takes it. */
export interface ISpec {
  [field: string]: unknown;
}

/** Where a spec comes from, so that its experiment runs in the same place. */
export interface IOrigin {
  /** The notebook's path in the Jupyter server. */
  path?: string | null;
  /** The name of the notebook's kernel spec. */
  kernel?: string | null;
}

/** A Python program to run in every replica. */
export interface IProgram extends IOrigin {
  source: string;
  /** What tracebacks call it. */
  name: string;
}

/** What a notebook's cell would submit. */
export interface ICellDraft {
  /** What its flags and its body say; null for a cell that is nothing but a program. */
  spec: ISpec | null;
  /** The program that every replica runs; null where the spec says what they run. */
  program: string | null;
}

/** What a form for specs is made of. */
export interface ISpecForm {
  /** JSON Schema of a spec. */
  schema: ReadonlyJSONObject;
  /** The roles that each framework knows. */
  frameworks: { [name: string]: readonly string[] };
}

/** What creating an experiment would do. */
export interface IPlan {
  submitter: string;
  pods: { [field: string]: unknown }[];
  ignored: string[];
}

/** The series of one metric of a pod, each point `[step, value, log offset]`. */
export interface IMetricSeries {
  pod: string;
  name: string;
  points: [number | null, number, number][];
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
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _trans: ITranslate = ENGLISH
  ) {}

  /** The extension's version and its upstreams. */
  async info(): Promise<IInfo> {
    // The handshake is the extension's own answer and has no envelope.
    const { response, body } = await this._fetch('GET', ['info']);
    if (response.status === 404) {
      throw new ApiError(
        404,
        this._trans.__(
          'The submarine_jupyter server extension is not enabled. Run ' +
            '"jupyter server extension enable submarine_jupyter" and start Jupyter again.'
        )
      );
    }
    if (!response.ok) {
      throw this._toError(response.status, body);
    }
    if (typeof body !== 'object' || body === null) {
      throw this._loggedOut(response.status);
    }
    return body as IInfo;
  }

  /** A page of experiments in their summary view; a server without pages answers all at once. */
  async list(
    upstream: string | null,
    limit: number,
    after: string | null = null
  ): Promise<IExperimentList> {
    const { result, attributes } = await this._call('GET', upstream, ['experiment'], {
      view: 'summary',
      order: 'desc',
      limit: String(limit),
      ...(after === null ? {} : { after })
    });
    return {
      experiments: result as IExperiment[],
      cursor: text(attributes.cursor),
      next: text(attributes.next)
    };
  }

  /** An experiment with its whole spec. */
  async get(upstream: string | null, id: string): Promise<IExperiment & { spec: ISpec }> {
    const { result } = await this._call('GET', upstream, ['experiment', id]);
    return result as IExperiment & { spec: ISpec };
  }

  /**
   * What a form for specs is made of.
   *
   * @param upstream - whose schema it is; undefined for the extension's own
   */
  async specForm(upstream?: string | null): Promise<ISpecForm> {
    const { result, attributes } = this._result(await this._fetch('GET', ['compose']));
    const own = result as ReadonlyJSONObject;
    const theirs =
      upstream === undefined
        ? null
        : await this._call('GET', upstream, ['schema']).then(
            answer => answer.result as ReadonlyJSONObject,
            // Apache Submarine does not know the question.
            () => null
          );
    return {
      schema: theirs ?? own,
      frameworks: attributes.frameworks as ISpecForm['frameworks']
    };
  }

  /** Submit a spec; the same key never submits twice. */
  async create(upstream: string | null, spec: ISpec, key: string): Promise<IExperiment> {
    const { result } = await this._call('POST', upstream, ['experiment'], {}, spec, {
      'Idempotency-Key': key
    });
    return result as IExperiment;
  }

  /** What submitting a spec would do; nothing runs. */
  async plan(upstream: string | null, spec: ISpec): Promise<IPlan> {
    const query = { dryRun: 'true' };
    return (await this._call('POST', upstream, ['experiment'], query, spec)).result as IPlan;
  }

  /**
   * A spec with what only the Jupyter server knows: a program packed into its command, and the
   * directory and interpreter of the notebook that it comes from.
   */
  async prepare(
    upstream: string | null,
    spec: ISpec,
    program: IProgram | null,
    origin: IOrigin
  ): Promise<ISpec> {
    const body = { upstream, spec, program, origin };
    const answer = await this._fetch('POST', ['compose'], {}, body);
    return this._result(answer).result as ISpec;
  }

  /**
   * A notebook's cell as its magic would read it.
   *
   * @param name - what the experiment is called, unless the cell says it
   * @param resources - what a replica of a program asks for, unless the cell says it
   */
  async readCell(cell: string, name: string, resources: string): Promise<ICellDraft> {
    const body = { cell, name, resources };
    const answer = await this._fetch('POST', ['compose', 'cell'], {}, body);
    return this._result(answer).result as ICellDraft;
  }

  /** The series that were found in an experiment's logs. */
  async series(upstream: string | null, id: string): Promise<IMetricSeries[]> {
    const { result } = await this._call('GET', upstream, ['experiment', id, 'metrics']);
    return result as IMetricSeries[];
  }

  async pods(upstream: string | null, id: string): Promise<IPod[]> {
    return (await this._call('GET', upstream, ['experiment', id, 'pods'])).result as IPod[];
  }

  /** Lines of a pod's log, by number or by a byte offset. */
  async logLines(
    upstream: string | null,
    id: string,
    pod: string,
    range: ILineRange
  ): Promise<ILogLines> {
    const path = ['experiment', id, 'pods', pod, 'log', 'lines'];
    return (await this._call('GET', upstream, path, asQuery({ ...range }))).result as ILogLines;
  }

  /** Lines of a pod's log in which something is found. */
  async searchLog(
    upstream: string | null,
    id: string,
    pod: string,
    query: ILogQuery
  ): Promise<ILogMatches> {
    const path = ['experiment', id, 'pods', pod, 'log', 'search'];
    return (await this._call('GET', upstream, path, asQuery({ ...query }))).result as ILogMatches;
  }

  /** End a run; its record and logs stay. */
  async stop(upstream: string | null, id: string): Promise<IExperiment> {
    return (await this._call('POST', upstream, ['experiment', id, 'stop'])).result as IExperiment;
  }

  /** Delete an experiment with its logs. */
  async remove(upstream: string | null, id: string): Promise<IExperiment> {
    return (await this._call('DELETE', upstream, ['experiment', id])).result as IExperiment;
  }

  /** What an upstream can do beyond what every Submarine server can. */
  async features(upstream: string | null): Promise<ReadonlySet<string>> {
    try {
      const { result } = await this._call('GET', upstream, ['info']);
      const features = (result as { features?: unknown } | null)?.features;
      return new Set(Array.isArray(features) ? features.map(String) : []);
    } catch (error) {
      // Apache Submarine has no such address, and nothing of it all.
      if (error instanceof ApiError && error.code === 404) {
        return new Set();
      }
      throw error;
    }
  }

  /** The files that a run wrote. */
  async files(upstream: string | null, id: string): Promise<IOutputFile[]> {
    const { result } = await this._call('GET', upstream, ['experiment', id, 'files']);
    return result as IOutputFile[];
  }

  /** The bytes of a file that a run wrote. */
  async readFile(upstream: string | null, id: string, path: string): Promise<Blob> {
    const url = this.fileUrl(upstream, id, path);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, {}, this._settings);
    } catch {
      throw this._unreachable();
    }
    if (!response.ok) {
      throw this._toError(response.status, await response.json().catch(() => null));
    }
    return response.blob();
  }

  /** Where the browser finds a file that a run wrote. */
  fileUrl(upstream: string | null, id: string, path: string): string {
    return this._download([...prefix(upstream), 'experiment', id, 'files', ...path.split('/')]);
  }

  /** Where the browser finds the whole log of a pod. */
  logUrl(upstream: string | null, id: string, pod: string): string {
    return this._download([...prefix(upstream), 'experiment', id, 'pods', pod, 'log']);
  }

  private _download(segments: readonly string[]): string {
    const url = this._url(segments);
    const { appendToken, token } = this._settings;
    return appendToken && token ? url + URLExt.objectToQueryString({ token }) : url;
  }

  private async _call(
    method: 'GET' | 'POST' | 'DELETE',
    upstream: string | null,
    segments: readonly string[],
    query: { [name: string]: string } = {},
    body: unknown = undefined,
    headers: { [name: string]: string } = {}
  ): Promise<IEnvelope> {
    const path = [...prefix(upstream), ...segments];
    return this._result(await this._fetch(method, path, query, body, headers));
  }

  private _result({ response, body }: { response: Response; body: unknown }): IEnvelope {
    if (response.ok && !isEnvelope(body)) {
      throw this._loggedOut(response.status);
    }
    if (!isEnvelope(body) || body.success !== true) {
      throw this._toError(response.status, body);
    }
    return body;
  }

  private async _fetch(
    method: string,
    segments: readonly string[],
    query: { [name: string]: string } = {},
    content: unknown = undefined,
    headers: { [name: string]: string } = {}
  ): Promise<{ response: Response; body: unknown }> {
    // Reading in the background must not keep an idle server alive.
    const background = method === 'GET' ? { no_track_activity: '1' } : {};
    const url = this._url(segments) + URLExt.objectToQueryString({ ...query, ...background });
    const request: RequestInit =
      content === undefined
        ? { method }
        : {
            method,
            body: JSON.stringify(content),
            headers: { ...headers, 'Content-Type': 'application/json' }
          };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(url, request, this._settings);
    } catch {
      throw this._unreachable();
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

  private _unreachable(): ApiError {
    return new ApiError(0, this._trans.__('The Jupyter server does not answer.'), 'Unreachable');
  }

  /** What a page for logging in means, which is answered instead of the API's envelope. */
  private _loggedOut(status: number): ApiError {
    return new ApiError(
      status,
      this._trans.__(
        'The answer is not one of the experiment server: perhaps your log-in has expired. ' +
          'Reload the page to log in again.'
      )
    );
  }

  private _toError(status: number, body: unknown): ApiError {
    const { message, attributes } = (body ?? {}) as Partial<IEnvelope>;
    return new ApiError(
      status,
      message || this._trans.__('The server answered with HTTP status %1.', status),
      text(attributes?.reason)
    );
  }
}

function asQuery(values: { [name: string]: unknown }): { [name: string]: string } {
  const set = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
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

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isEnvelope(body: unknown): body is IEnvelope {
  return typeof body === 'object' && body !== null && 'success' in body && 'result' in body;
}

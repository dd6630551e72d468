import { type ISnapshot, isObject, parseSnapshot } from './view/snapshot';

/** What a notebook's output says about its experiment: data from a file, trusted by nobody. */
export interface IPayload {
  experimentId: string;
  /** Id of the server that ran it; it names no address. */
  server: string;
  name: string;
  snapshot: ISnapshot | null;
}

/** Ids as servers make them: no separators of a path, and no blanks. */
const ID = /^[A-Za-z0-9][\w.-]{0,127}$/;

/** Read an output's data; null when it is not an experiment that this version understands. */
export function parsePayload(data: unknown): IPayload | null {
  if (!isObject(data) || data.version !== 1) {
    return null;
  }
  const { experimentId, server, name, snapshot } = data;
  if (typeof experimentId !== 'string' || !ID.test(experimentId)) {
    return null;
  }
  return {
    experimentId,
    server: typeof server === 'string' ? server : '',
    name: typeof name === 'string' ? name : '',
    snapshot: parseSnapshot(snapshot, experimentId)
  };
}

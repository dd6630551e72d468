import { elapsed } from './view/format';
import { type IExperiment } from './view/records';
import { shownStatus } from './view/statusLabel';

/** The orders that a list can have. */
export const ORDERS = ['newest', 'oldest', 'name', 'status', 'duration'] as const;

export type Order = (typeof ORDERS)[number];

/** The groups of statuses that a list can be narrowed to. */
export const GROUPS = ['waiting', 'running', 'succeeded', 'failed', 'stopped'] as const;

export type Group = (typeof GROUPS)[number];

/** What of a list is shown. */
export interface IChoice {
  /** Words that must all be found; `tag:word` looks among the tags only. */
  words: string;
  /** Narrowed to these groups; none is all. */
  groups: ReadonlySet<Group>;
  order: Order;
}

/** The group that an experiment belongs to, as its status is shown. */
export function groupOf(experiment: IExperiment): Group {
  switch (shownStatus(experiment, experiment.reason)) {
    case 'Running':
      return 'running';
    case 'Succeeded':
      return 'succeeded';
    case 'Failed':
    case 'Deleted':
      return 'failed';
    case 'Stopped':
      return 'stopped';
    default:
      return 'waiting';
  }
}

/** The experiments that a choice asks for, in its order. */
export function choose(
  newest: readonly IExperiment[],
  { words, groups, order }: IChoice,
  now: number
): readonly IExperiment[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const isPlain = wanted.length === 0 && groups.size === 0;
  const chosen = isPlain
    ? newest
    : newest.filter(
        experiment =>
          (groups.size === 0 || groups.has(groupOf(experiment))) &&
          wanted.every(word => has(experiment, word))
      );
  return sorted(chosen, order, now);
}

/** How many experiments each group has. */
export function countGroups(experiments: readonly IExperiment[]): { [group in Group]: number } {
  const counts = { waiting: 0, running: 0, succeeded: 0, failed: 0, stopped: 0 };
  experiments.forEach(experiment => (counts[groupOf(experiment)] += 1));
  return counts;
}

/** Compare by the time of submission; the id decides between equals. */
export function newestFirst(one: IExperiment, other: IExperiment): number {
  return acceptedAt(other) - acceptedAt(one) || other.experimentId.localeCompare(one.experimentId);
}

function has(experiment: IExperiment, word: string): boolean {
  const { experimentId, reason, spec } = experiment;
  const { name, framework, tags } = spec.meta;
  if (word.startsWith('tag:')) {
    const wanted = word.slice('tag:'.length);
    return (tags ?? []).some(tag => tag.toLowerCase().includes(wanted));
  }
  const status = shownStatus(experiment, reason);
  const texts = [name, framework, status, experimentId, ...(tags ?? [])];
  return texts.some(text => text?.toLowerCase().includes(word));
}

function sorted(newest: readonly IExperiment[], order: Order, now: number): readonly IExperiment[] {
  switch (order) {
    case 'newest':
      return newest;
    case 'oldest':
      return [...newest].reverse();
    case 'name':
      return sortedBy(newest, nameOf, (one, other) => one.localeCompare(other));
    case 'status':
      return sortedBy(newest, statusRank, (one, other) => one - other);
    case 'duration':
      return sortedBy(
        newest,
        experiment => elapsed(experiment, now) ?? -1,
        (one, other) => other - one
      );
  }
}

/** Sort by a key that is made once an experiment; equals stay newest first. */
function sortedBy<K>(
  experiments: readonly IExperiment[],
  keyOf: (experiment: IExperiment) => K,
  compare: (one: K, other: K) => number
): readonly IExperiment[] {
  return experiments
    .map(experiment => ({ experiment, key: keyOf(experiment) }))
    .sort((one, other) => compare(one.key, other.key))
    .map(({ experiment }) => experiment);
}

function nameOf({ experimentId, spec }: IExperiment): string {
  return (spec.meta.name || experimentId).toLowerCase();
}

/** What goes on comes first, then what needs attention. */
const BY_STATUS: readonly Group[] = ['running', 'waiting', 'failed', 'stopped', 'succeeded'];

function statusRank(experiment: IExperiment): number {
  return BY_STATUS.indexOf(groupOf(experiment));
}

/** Parsed once an experiment's record: lists of thousands are sorted with each change. */
const accepted = new WeakMap<IExperiment, number>();

function acceptedAt(experiment: IExperiment): number {
  let time = accepted.get(experiment);
  if (time === undefined) {
    time = Date.parse(experiment.acceptedTime ?? '') || 0;
    accepted.set(experiment, time);
  }
  return time;
}

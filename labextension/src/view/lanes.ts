import { type IPod } from './records';
import { podColour } from './theme';

/** How a pod is told from others in a common log. */
export interface ILane {
  /** As short as it can be. */
  label: string;
  /** Its whole name. */
  title: string;
  /** A CSS colour. */
  colour: string;
}

/** A lane for each pod, by its name: `W0` for the first worker. */
export function lanesOf(pods: readonly IPod[]): ReadonlyMap<string, ILane> {
  const roles = [...new Set(pods.map(({ role }) => role))];
  const lanes = pods.map(({ name, role, index }, i): [string, ILane] => [
    name,
    {
      label: role ? `${shortest(role, roles)}${index}` : name,
      title: name,
      colour: podColour(i)
    }
  ]);
  return new Map(lanes);
}

/** The shortest beginning of a role that no other has. */
function shortest(role: string, roles: readonly string[]): string {
  let length = 1;
  while (
    length < role.length &&
    roles.some(other => other !== role && other.startsWith(role.slice(0, length)))
  ) {
    length += 1;
  }
  return role.slice(0, length);
}

import {imageLabel} from './image-label.ts';
import {knownEnvironment} from './list-environments.ts';
import {atHome} from './portable-stack.ts';
import type {Session} from './session.ts';
import {UserError} from './spec/errors.ts';
import {serviceTree} from './stack-text.ts';
import type {EnvironmentState} from './state/lock-file.ts';

/** What two environments were given by their last applies, field by field. */
export interface EnvironmentDifference {
  readonly left: {readonly environment: string; readonly serial: number};
  readonly right: {readonly environment: string; readonly serial: number};
  /** Sorted by path; a side that does not have the field is absent. Secrets are `${secret:NAME}`. */
  readonly differences: readonly {readonly path: string; readonly left?: string; readonly right?: string}[];
}

/** Errors: UserError `unknown-environment`, `environment-not-applied`. */
export async function diffEnvironments(session: Session, left: string, right: string): Promise<EnvironmentDifference> {
  const lock = await session.store.read();
  const [one, other] = [left, right].map(name => appliedFields(session, name, knownEnvironment(lock, name)));
  const paths = [...new Set([...one!.fields.keys(), ...other!.fields.keys()])].sort();
  const differences = paths.flatMap(path => {
    const [before, after] = [one!.fields.get(path), other!.fields.get(path)];
    if (before === after) return [];
    return [{path, ...(before !== undefined && {left: before}), ...(after !== undefined && {right: after})}];
  });
  return {
    left: {environment: left, serial: one!.serial},
    right: {environment: right, serial: other!.serial},
    differences,
  };
}

/** The last apply of an environment that came to its end, unless it was destroyed since. Errors: UserError `environment-not-applied`. */
export function lastApplied(environment: string, {history}: EnvironmentState) {
  const entry = history.findLast(
    ({stack, action, outcome}) => stack !== undefined || (action === 'destroy' && outcome === 'applied'),
  );
  if (entry?.stack) return {...entry, stack: entry.stack};
  throw new UserError({
    code: 'environment-not-applied',
    message: `environment "${environment}" ${entry ? 'was destroyed' : 'was never applied'}`,
    hint: `niyanta apply --env ${environment}`,
    exit: 1,
  });
}

function appliedFields({project}: Session, environment: string, state: EnvironmentState) {
  const {stack, images, serial} = lastApplied(environment, state);
  const fields = new Map<string, string>();
  for (const service of atHome(stack, project.directory).services) {
    const label = imageLabel(service, project.directory);
    const {image: _, archive: __, build: ___, ...rest} = serviceTree(service, images?.[label]?.digest) as Tree;
    flatten(`services.${service.name}`, {image: label, ...rest}, fields);
  }
  for (const {name} of stack.volumes) fields.set(`volumes.${name}`, '{}');
  return {fields, serial};
}

type Tree = Readonly<Record<string, unknown>>;

/** Maps field by field, lists as they are; what says nothing is left out. */
function flatten(path: string, value: unknown, into: Map<string, string>): void {
  if (value === undefined) return;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flatten(`${path}.${key}`, inner, into);
  } else if (!Array.isArray(value)) into.set(path, String(value));
  else if (value.length > 0)
    into.set(path, value.map(one => (typeof one === 'string' ? one : JSON.stringify(one))).join(' '));
}

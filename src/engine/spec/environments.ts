import type {UserError} from './errors.ts';
import {refuseLater} from './later.ts';
import {mergeTrees} from './merge-trees.ts';
import {dnsName} from './names.ts';
import {didYouMean} from './suggest.ts';
import {entriesOf, errorAt, type MapTree, type Path, pathText, placeAt, treeAt, without} from './tree.ts';

const OVERRIDABLE = ['services', 'volumes', 'routes', 'params'];

/**
 * The stack as it is in one environment: its overrides merged over the base. `default` and, where a stack declares
 * none, any other name is an environment without overrides.
 */
export function chooseEnvironment(stack: MapTree, environment: string, report: (error: UserError) => void): MapTree {
  const base = without(stack, 'environments');
  const all = treeAt(stack, ['environments']);
  const at = (path: Path, code: string, message: string, hint?: string): void =>
    report(errorAt(placeAt(stack, path), path, {code, message, hint}));
  if (all && all.kind !== 'map') at(['environments'], 'wrong-type', 'must be a map of environments by name');
  const declared = entriesOf(stack, 'environments');
  for (const [name, {keyAt, value}] of declared) {
    const path = ['environments', name];
    const wrong = dnsName('an environment').safeParse(name);
    if (!wrong.success) report(errorAt(keyAt, path, {code: 'invalid-name', message: wrong.error.issues[0]!.message}));
    const empty = value.kind === 'scalar' && value.value === null;
    if (value.kind !== 'map' && !empty) at(path, 'wrong-type', `must be a map with ${OVERRIDABLE.join(', ')}`);
  }
  const names = declared.map(([name]) => name);
  if (names.length > 0 && environment !== 'default' && !names.includes(environment)) {
    const message = `there is no environment ${JSON.stringify(environment)}${didYouMean(environment, names)}`;
    at(['environments'], 'unknown-environment', message, `Environments: ${['default', ...names].join(', ')}.`);
  }
  const path = ['environments', environment];
  const override = treeAt(stack, path);
  return override?.kind === 'map' ? overridden(base, override, path, report) : base;
}

function overridden(base: MapTree, override: MapTree, path: Path, report: (error: UserError) => void): MapTree {
  const rest = refuseLater('Stack', override, path, report) as MapTree;
  const unknown = [...rest.entries].filter(([key]) => !OVERRIDABLE.includes(key));
  for (const [key, {keyAt}] of unknown) {
    const message = `unknown key${didYouMean(key, OVERRIDABLE)}`;
    const hint = `An environment may change ${OVERRIDABLE.join(', ')}; ${pathText(path)} cannot change ${key}.`;
    report(errorAt(keyAt, [...path, key], {code: 'unknown-key', message, hint}));
  }
  return mergeTrees(base, without(rest, ...unknown.map(([key]) => key))) as MapTree;
}

import type {UserError} from './errors.ts';
import {isSecretName} from './names.ts';
import {secretsIn} from './placeholders.ts';
import {errorAt, keyPlaceAt, type MapTree, type Path, placeAt} from './tree.ts';
import {jobKeys, type ParsedWorkload} from './workload-schema.ts';

type Report = (error: UserError) => void;

/** What no schema can see: everything that one part of a workload says about another. */
export function checkWorkload(tree: MapTree, workload: ParsedWorkload, report: Report): void {
  checkType(tree, workload, report);
  checkSecretNames(tree, workload, report);
  checkTargets(tree, workload, report);
  checkPorts(tree, workload, report);
  checkAfter(tree, workload, report);
  checkNeighbours(tree, workload, report);
  const {initial, max} = workload.retries.backoff;
  if (initial > max) {
    const path = ['retries', 'backoff', 'max'];
    const message = 'must not be shorter than the first wait (initial)';
    report(errorAt(placeAt(tree, path), path, {code: 'conflict', message}));
  }
}

function checkType(tree: MapTree, workload: ParsedWorkload, report: Report): void {
  const {type} = workload;
  if (type === 'container') {
    checkContainer(tree, workload, report);
    return;
  }
  for (const key of jobKeys.filter(key => tree.entries.has(key))) {
    const message = `belongs to containers, but the type is ${type}`;
    const hint = 'What other types are given stands under with.';
    report(errorAt(keyPlaceAt(tree, [key]), [key], {code: 'conflict', message, hint}));
  }
}

function checkContainer(tree: MapTree, workload: ParsedWorkload, report: Report): void {
  const sources = ['image', 'archive', 'build'] as const;
  const given = sources.filter(key => workload[key] !== undefined);
  if (!sources.some(key => tree.entries.has(key))) {
    report(errorAt(tree.at, ['image'], {code: 'missing', message: 'has no image: write image, archive or build'}));
  }
  for (const key of given.slice(1)) {
    const message = `cannot stand beside ${given[0]}: an image has one source`;
    report(errorAt(keyPlaceAt(tree, [key]), [key], {code: 'conflict', message}));
  }
  if (!tree.entries.has('with')) return;
  const message = 'is for other types than container';
  const hint = 'Write type: NAME beside it, or env and command for a container.';
  report(errorAt(keyPlaceAt(tree, ['with']), ['with'], {code: 'conflict', message, hint}));
}

/** What comes as JSON was not looked through for placeholders before. */
function checkSecretNames(tree: MapTree, {env}: ParsedWorkload, report: Report): void {
  for (const [variable, value] of Object.entries(env)) {
    for (const name of secretsIn(value).filter(name => !isSecretName(name))) {
      const path = ['env', variable];
      const message = `${JSON.stringify(name)} is not a name of a secret: letters, digits and _, no digit first`;
      report(errorAt(placeAt(tree, path), path, {code: 'placeholder-invalid', message}));
    }
  }
}

/** Two things cannot be at one path of the container. */
function checkTargets(tree: MapTree, {mounts, inputs, outputs}: ParsedWorkload, report: Report): void {
  const seen = new Map<string, string>();
  const check = (target: string, path: Path): void => {
    const first = seen.get(target);
    if (first === undefined) {
      seen.set(target, path.join('.'));
      return;
    }
    const message = `${target} is already taken by ${first}`;
    report(errorAt(placeAt(tree, path), path, {code: 'duplicate-target', message}));
  };
  for (const [index, {target}] of mounts.entries()) check(target, ['mounts', index]);
  for (const [index, {target}] of inputs.files.entries()) check(target, ['inputs', 'files', index]);
  for (const [index, file] of outputs.files.entries()) {
    if (outputs.files.indexOf(file) === index) continue;
    const path = ['outputs', 'files', index];
    report(errorAt(placeAt(tree, path), path, {code: 'duplicate', message: `${file} is listed twice`}));
  }
}

function checkPorts(tree: MapTree, {ports}: ParsedWorkload, report: Report): void {
  const seen = new Set<string>();
  for (const [index, {host, protocol, address}] of ports.entries()) {
    const port = `${address ?? '*'}:${host}/${protocol}`;
    const any = `*:${host}/${protocol}`;
    const clash =
      seen.has(port) || seen.has(any) || (address === undefined && [...seen].some(p => p.endsWith(any.slice(1))));
    seen.add(port);
    if (!clash) continue;
    const path = ['ports', index];
    const message = `port ${host}/${protocol} of the host is published twice`;
    report(errorAt(placeAt(tree, path), path, {code: 'port-conflict', message, hint: 'Choose another port.'}));
  }
}

function checkAfter(tree: MapTree, {name, after}: ParsedWorkload, report: Report): void {
  for (const [index, {workload}] of after.entries()) {
    const path = ['after', index, 'workload'];
    const add = (code: string, message: string): void => report(errorAt(placeAt(tree, path), path, {code, message}));
    if (workload === name) add('after-cycle', `${name} comes after itself`);
    else if (after.findIndex(each => each.workload === workload) < index)
      add('duplicate', `${workload} is listed twice`);
  }
}

function checkNeighbours(tree: MapTree, {name, placement}: ParsedWorkload, report: Report): void {
  for (const [index, {workload}] of placement.beside.entries()) {
    const path = ['placement', 'beside', index, 'workload'];
    const add = (message: string): void => report(errorAt(placeAt(tree, path), path, {code: 'conflict', message}));
    if (workload === name) add('cannot be the workload itself: the first one could never start');
    else if (placement.avoid.some(avoid => avoid.workload === workload)) add(`${workload} is avoided, too`);
  }
}

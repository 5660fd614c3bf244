import {checkShape} from './check-shape.ts';
import type {Compilation} from './compile-service.ts';
import {compileWorkload} from './compile-workload.ts';
import {documentsOf, type Input} from './documents.ts';
import {type Location, UserError} from './errors.ts';
import type {Files} from './files.ts';
import {interpolate, type Surroundings} from './interpolate.ts';
import {Problems} from './problems.ts';
import {decodeText} from './read-yaml.ts';
import {checkSecretPlaces} from './stack-checks.ts';
import {stackParams} from './stack-params.ts';
import {didYouMean} from './suggest.ts';
import {errorAt, keyPlaceAt, locationOf, type MapTree, type Path, placeAt, treeAt, withEntry, without} from './tree.ts';
import type {Workload} from './workload.ts';
import {checkWorkload} from './workload-checks.ts';
import {type ParsedWorkload, workloadSchema} from './workload-schema.ts';

export interface WorkloadsRequest {
  /** In the order given; each may hold several workloads. */
  readonly inputs: readonly Input[];
  /** Values from `--param`. */
  readonly params: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly read: Files['read'];
  /** How a path is shown. */
  readonly nameOf: (path: string) => string;
}

/** A workload, and where its name was written. */
export interface PlacedWorkload {
  readonly workload: Workload;
  readonly at: Location;
}

/** Texts → workloads, in the order of the files. Errors: UserErrors with every one found. */
export async function loadWorkloads(request: WorkloadsRequest): Promise<readonly PlacedWorkload[]> {
  const problems = new Problems();
  const documents: MapTree[] = [];
  for (const input of request.inputs) {
    documents.push(...((await problems.gather(() => documentsOf('Workload', input, problems))) ?? []));
  }
  checkParams(documents, request, problems);
  const loaded: Loaded[] = [];
  for (const document of documents) {
    const one = await loadOne(document, request, problems);
    if (one) loaded.push(one);
  }
  checkNames(documents, problems);
  checkCycles(loaded, problems);
  problems.throwIfAny();
  return loaded.map(({workload, tree}) => ({workload, at: locationOf(placeAt(tree, ['name']), ['name'])}));
}

interface Loaded {
  readonly tree: MapTree;
  readonly workload: Workload;
}

async function loadOne(document: MapTree, request: WorkloadsRequest, problems: Problems): Promise<Loaded | undefined> {
  const report = (error: UserError): void => problems.add(error);
  const {env, read, nameOf} = request;
  const around: Omit<Surroundings, 'params'> = {
    told: (at, path) => problems.told(at, path),
    env,
    readText: async path => {
      try {
        return decodeText(await read(path), nameOf(path));
      } catch (error) {
        if (error instanceof Error && 'code' in error && !(error instanceof UserError)) return undefined;
        throw error;
      }
    },
  };
  const params = await stackParams(document, {params: givenTo(document, request.params), env}, around, problems);
  const tree = (await interpolate(without(document, 'params'), [], {...around, params}, report)) as MapTree;
  return checkedWorkload(tree, {read, nameOf}, problems);
}

/** A workload's tree, checked and compiled; undefined when something in it is wrong, which `problems` knows then. */
export async function checkedWorkload(
  tree: MapTree,
  {read, nameOf}: Pick<Compilation, 'read' | 'nameOf'>,
  problems: Problems,
): Promise<Loaded | undefined> {
  checkSecretPlaces(tree, isEnvValue, error => problems.add(error));
  const {value, errors} = checkShape(workloadSchema, tree);
  problems.add(...errors);
  const readable = value ?? readableParts(tree);
  if (!readable) return undefined;
  checkWorkload(tree, readable, error => problems.add(error));
  const workload = await compileWorkload(readable, {tree, read, nameOf, problems});
  return value && {tree, workload};
}

const isEnvValue = (path: Path): boolean => path[0] === 'env' && path.length === 2;

/** A workload without its keys that are wrong, so that what the others say can still be checked. */
function readableParts(tree: MapTree): ParsedWorkload | undefined {
  const headed = withHead(tree);
  const {errors} = checkShape(workloadSchema, headed);
  const wrong = errors.map(error => error.location?.path?.split('.')[0] ?? '');
  return checkShape(workloadSchema, without(headed, ...wrong)).value;
}

/** With `apiVersion` and `kind`, where they are left out. */
export function withHead(tree: MapTree): MapTree {
  const {at} = tree;
  const head = Object.entries({apiVersion: 'niyanta/v1', kind: 'Workload'});
  return head
    .filter(([key]) => !tree.entries.has(key))
    .reduce((all, [key, text]) => withEntry(all, key, {kind: 'scalar', at, value: text, text}), tree);
}

const paramNames = (document: MapTree): readonly string[] => {
  const params = treeAt(document, ['params']);
  return params?.kind === 'map' ? [...params.entries.keys()] : [];
};

const givenTo = (document: MapTree, given: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => paramNames(document).includes(name)));

/** Each of the workloads takes what it declares; what none declares is a mistake. */
function checkParams(documents: readonly MapTree[], {params}: WorkloadsRequest, problems: Problems): void {
  const names = [...new Set(documents.flatMap(paramNames))];
  for (const name of Object.keys(params).filter(name => !names.includes(name))) {
    const message = `--param ${name}: no workload has such a parameter${didYouMean(name, names)}`;
    const hint = names.length > 0 ? `Parameters: ${names.join(', ')}.` : 'Declare it under params in the workload.';
    problems.add(new UserError({code: 'param-unknown', message, hint}));
  }
}

/** Versions of one workload may stand in one file; the same twice may not. */
function checkNames(documents: readonly MapTree[], problems: Problems): void {
  const seen = new Map<string, MapTree>();
  for (const document of documents) {
    const [name, version] = ['name', 'version'].map(key => treeAt(document, [key]));
    if (name?.kind !== 'scalar') continue;
    const key = `${name.text}\0${version?.kind === 'scalar' ? version.text : ''}`;
    const first = seen.get(key);
    seen.set(key, first ?? document);
    if (!first) continue;
    const {line, source} = placeAt(first, ['name']);
    const message = `there is a workload ${name.text} already, in ${source.name} line ${line}`;
    const hint = 'Give it another name, or a version beside it.';
    problems.add(errorAt(placeAt(document, ['name']), ['name'], {code: 'duplicate', message, hint}));
  }
}

/** Each cycle once, told from its first workload in the files. */
function checkCycles(loaded: readonly Loaded[], problems: Problems): void {
  const byName = new Map(loaded.map(each => [each.workload.name, each]));
  const done = new Set<string>();
  const walk = (name: string, trail: readonly string[]): void => {
    const from = trail.indexOf(name);
    if (from !== -1 && trail.length - from > 1) {
      const last = byName.get(trail.at(-1)!)!;
      const path = ['after', last.workload.after.findIndex(after => after.workload === name), 'workload'];
      const message = `is a cycle: ${[...trail.slice(from), name].join(' after ')}`;
      const hint = 'Remove one of these: none of them could start first.';
      problems.add(errorAt(keyPlaceAt(last.tree, path), path, {code: 'after-cycle', message, hint}));
    }
    if (from !== -1 || done.has(name)) return;
    for (const {workload} of byName.get(name)?.workload.after ?? []) walk(workload, [...trail, name]);
    done.add(name);
  };
  for (const name of byName.keys()) walk(name, []);
}

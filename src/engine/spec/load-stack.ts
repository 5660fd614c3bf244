import {checkBackups} from './backup-checks.ts';
import {compileBackup} from './backup-schema.ts';
import {checkShape} from './check-shape.ts';
import {compileRoutes, isRouteKey} from './compile-routes.ts';
import {compileService} from './compile-service.ts';
import {documentsOf, type Input} from './documents.ts';
import {chooseEnvironment} from './environments.ts';
import {type Location, UserError, UserErrors} from './errors.ts';
import type {TemplatePlaces} from './find-template.ts';
import {checkHooks, compileHooks} from './hooks.ts';
import {interpolate, type Surroundings} from './interpolate.ts';
import {refuseLater} from './later.ts';
import {type MadeEnvironment, setValues} from './made-environment.ts';
import {mergeTrees} from './merge-trees.ts';
import {Problems} from './problems.ts';
import {decodeText} from './read-yaml.ts';
import {checkReleases, routedServices} from './release-checks.ts';
import {checkScaling} from './scale-checks.ts';
import {type ParsedService, serviceSchema} from './service-schema.ts';
import type {EnvironmentName, Service, ServiceName, Stack} from './stack.ts';
import {checkSecretPlaces, checkStack} from './stack-checks.ts';
import {stackParams} from './stack-params.ts';
import {stackSchema} from './stack-schema.ts';
import {expandTemplate} from './templates.ts';
import {
  entriesOf,
  errorAt,
  locationOf,
  type MapTree,
  type Path,
  placeAt,
  type Tree,
  treeAt,
  withEntry,
  without,
} from './tree.ts';

export interface StackRequest {
  /** In the order given; later ones win. */
  readonly inputs: readonly Input[];
  readonly environment: EnvironmentName;
  /** When the environment stands in no file. */
  readonly made?: MadeEnvironment;
  /** Values from `--param`. */
  readonly params: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly templates: TemplatePlaces;
}

/** Where each service was written, by its name; for what is told about a service later on. */
export type ServicePlaces = ReadonlyMap<ServiceName, Location>;

/**
 * Texts → a stack: merged, overridden, filled in, checked, compiled; and where its services stand, beside it, so that
 * moving a service to another line changes nothing. Errors: UserErrors with every one found.
 */
export async function loadStack(
  request: StackRequest,
): Promise<{readonly stack: Stack; readonly places: ServicePlaces}> {
  const problems = new Problems();
  const report = (error: UserError): void => problems.add(error);
  const merged = mergeDocuments(request.inputs, problems);
  if (!merged) throw failed(problems);
  const {made} = request;
  const base = refuseLater('Stack', merged, [], report) as MapTree;
  const declared = chooseEnvironment(base, made?.from ?? request.environment, report);
  const chosen = made ? setValues(declared, made, request.inputs[0]!.source.directory, report) : declared;
  const {files, nameOf} = request.templates;
  const around: Omit<Surroundings, 'params'> = {
    told: (at, path) => problems.told(at, path),
    env: request.env,
    readText: async path => {
      try {
        return decodeText(await files.read(path), nameOf(path));
      } catch (error) {
        if (error instanceof Error && 'code' in error && !(error instanceof UserError)) return undefined;
        throw error;
      }
    },
  };
  const given = {...request, params: {...made?.params, ...request.params}};
  const params = await stackParams(chosen, given, around, problems);
  const filled = await fillIn(without(chosen, 'params'), {...around, params}, problems);
  const {stack: expanded, unfinished} = await expandAll(filled, request.templates, around, problems);
  checkSecretPlaces(expanded, path => isEnvValue(path) || isHookEnv(path) || isRouteKey(path), report);
  const stack = await compile(expanded, unfinished, request, problems);
  problems.throwIfAny();
  return {stack: stack!, places: servicePlaces(merged, expanded)};
}

/** What an environment changes stands elsewhere; where the service itself was written says more. */
function servicePlaces(base: MapTree, chosen: MapTree): ServicePlaces {
  const entries = [...entriesOf(chosen, 'services'), ...entriesOf(base, 'services')];
  return new Map(entries.map(([name, {keyAt}]) => [name, locationOf(keyAt, ['services', name])]));
}

const failed = (problems: Problems): UserErrors => {
  problems.throwIfAny();
  return new UserErrors([new UserError({code: 'missing', message: 'there is no stack to read'})]);
};

/** Schemas of backups let a secret stand only where it is not shown. */
const isHookEnv = (path: Path): boolean => path[0] === 'hooks' && path[3] === 'env' && path.length === 5;

const isEnvValue = (path: Path): boolean =>
  (path[0] === 'services' && path[2] === 'env' && path.length === 4) ||
  (path[0] === 'volumes' && path[2] === 'backup' && (path[3] === 'encrypt' || path[3] === 's3'));

/** Names of the environments that the files declare, for completion and for checking all of them. */
export function environmentNames(inputs: readonly Input[]): string[] {
  const merged = mergeDocuments(inputs, new Problems());
  return merged ? entriesOf(merged, 'environments').map(([name]) => name) : [];
}

/** Documents of one stack over each other, in order. */
function mergeDocuments(inputs: readonly Input[], problems: Problems): MapTree | undefined {
  const documents: MapTree[] = [];
  for (const input of inputs) {
    try {
      documents.push(...documentsOf('Stack', input, problems));
    } catch (error) {
      if (error instanceof UserErrors) problems.add(...error.errors);
      else if (error instanceof UserError) problems.add(error);
      else throw error;
    }
  }
  const names = documents.map(document => treeAt(document, ['name']));
  const first = names[0];
  const others = documents.filter((_, index) => textOf(names[index]) !== textOf(first));
  for (const other of others) {
    const message = `is another stack (${textOf(treeAt(other, ['name']))}) than the first one (${textOf(first)})`;
    const hint = 'Give the files of one stack at a time; documents of one name are merged.';
    problems.add(errorAt(placeAt(other, ['name']), ['name'], {code: 'several-stacks', message, hint}));
  }
  return documents
    .filter(document => !others.includes(document))
    .reduce<MapTree | undefined>(
      (merged, document) => (merged ? (mergeTrees(merged, document) as MapTree) : document),
      undefined,
    );
}

const textOf = (tree: Tree | undefined): string => (tree?.kind === 'scalar' ? tree.text : 'without a name');

async function fillIn(tree: MapTree, around: Surroundings, problems: Problems): Promise<MapTree> {
  return (await interpolate(tree, [], around, error => problems.add(error))) as MapTree;
}

/** Every service that names a template, made from it; those whose template fails are left out, their names kept. */
async function expandAll(
  stack: MapTree,
  templates: TemplatePlaces,
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<{stack: MapTree; unfinished: ReadonlySet<string>}> {
  const unfinished = new Set<string>();
  let services = treeAt(stack, ['services']);
  let volumes: Tree | undefined = treeAt(stack, ['volumes']);
  if (services?.kind !== 'map') return {stack, unfinished};
  const written = services;
  for (const [name, {value}] of written.entries) {
    if (value.kind !== 'map' || !(value.entries.has('template') || value.entries.has('with'))) continue;
    if (!value.entries.has('template')) {
      const path = ['services', name, 'with'];
      const message = 'gives parameters, but there is no template beside it';
      problems.add(errorAt(placeAt(stack, path), path, {code: 'conflict', message}));
    }
    const made = await expandTemplate(value, name, written, templates, around, problems);
    if (!made) unfinished.add(name);
    const parts = made?.services ?? new Map([[name, without(value, 'template', 'with')]]);
    for (const [part, body] of parts) services = withEntry(services as MapTree, part, body);
    if (made?.volumes?.kind === 'map') volumes = volumes ? mergeTrees(made.volumes, volumes) : made.volumes;
  }
  const result = withEntry(stack, 'services', services);
  return {stack: volumes ? withEntry(result, 'volumes', volumes) : result, unfinished};
}

async function compile(
  tree: MapTree,
  unfinished: ReadonlySet<string>,
  request: StackRequest,
  problems: Problems,
): Promise<Stack | undefined> {
  const shape = checkShape(stackSchema, tree);
  problems.add(...shape.errors);
  const all = entriesOf(tree, 'services');
  const readable = all.flatMap(([name, {value}]) => {
    const service = readableParts(value);
    return service ? [[name, service] as const] : [];
  });
  const volumes = entriesOf(tree, 'volumes').map(([name]) => name);
  const names = all.map(([name]) => name);
  checkStack({tree, services: new Map(readable), names, volumes, unfinished}, error => problems.add(error));
  checkBackups(tree, shape.value?.volumes ?? {}, new Map(readable), error => problems.add(error));
  checkReleases({tree, services: new Map(readable)}, routedServices(tree), error => problems.add(error));
  checkScaling({tree, services: new Map(readable)}, routedServices(tree), error => problems.add(error));
  checkHooks(shape.value?.hooks, names, tree, error => problems.add(error));
  const hooks = compileHooks(shape.value?.hooks);
  const {files, nameOf} = request.templates;
  const services: Service[] = [];
  for (const [name, service] of readable) {
    services.push(await compileService(name, service, {tree, read: files.read, nameOf, problems}));
  }
  const routes = await compileRoutes(services, names, {tree, read: files.read, nameOf, problems});
  return (
    shape.value && {
      name: shape.value.name,
      services,
      volumes: Object.entries(shape.value.volumes).map(([name, volume]) => ({
        name,
        ...(volume?.backup && {backup: compileBackup(volume.backup)}),
        ...(volume?.onLost === 'reschedule' && {onLost: volume.onLost}),
      })),
      ...(hooks.length > 0 && {hooks}),
      routes,
      ...(shape.value.release === 'atomic' && {release: 'atomic' as const}),
    }
  );
}

/** A service without its keys that are wrong, so that what the others say can still be checked. */
function readableParts(tree: Tree): ParsedService | undefined {
  if (tree.kind !== 'map') return undefined;
  const {value, errors} = checkShape(serviceSchema, tree);
  const wrong = errors.map(error => error.location?.path?.split('.')[0] ?? '');
  return value ?? checkShape(serviceSchema, without(tree, ...wrong)).value;
}

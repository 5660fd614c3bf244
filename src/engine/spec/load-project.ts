import nodePath from 'node:path';
import type {z} from 'zod';
import {checkShape} from './check-shape.ts';
import {compileProxy} from './compile-proxy.ts';
import {documentsOf, type Input} from './documents.ts';
import {UserError} from './errors.ts';
import {interpolate} from './interpolate.ts';
import {refuseLater} from './later.ts';
import {Problems} from './problems.ts';
import type {Host, Project, ProjectProxy, SecretSettings} from './project.ts';
import {type hostSchema, projectSchema} from './project-schema.ts';
import {isServerSecret, passwordInClear as serverPasswordInClear} from './server/load-server.ts';
import {checkSecretPlaces} from './stack-checks.ts';
import {hasPasswordInClear, parseStateLocation, type StateLocation} from './state-location.ts';
import {errorAt, keyPlaceAt, locationOf, type MapTree, type Path, placeAt, type Tree, treeAt, without} from './tree.ts';

export interface ProjectRequest {
  readonly input: Input;
  /** Absolute path of niyanta.yaml. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, for `~`. */
  readonly home: string;
  /** In place of what the file says; a relative path is one from the file, too. */
  readonly state?: string;
  readonly readText: (path: string) => Promise<string | undefined>;
}

/** The text of niyanta.yaml → the project, and its tree for the places. Errors: UserErrors with every one found. */
export async function loadProject(request: ProjectRequest): Promise<{project: Project; tree: Tree}> {
  const problems = new Problems();
  const report = problems.add.bind(problems);
  const documents = (await problems.gather(() => documentsOf('Project', request.input, problems))) ?? [];
  for (const other of documents.slice(1)) {
    problems.add(errorAt(other.at, [], {code: 'several-projects', message: 'is a second Project in the same file'}));
  }
  const first = documents[0];
  if (!first) problems.throwIfAny();
  const {env, readText} = request;
  problems.add(...passwordInClear(first!), ...serverPasswordInClear(first!, ['server', 'database']));
  const later = refuseLater('Project', first!, [], report) as MapTree;
  const tree = await filledIn(later, {env, readText}, report);
  checkSecretPlaces(tree, isPassword, report);
  const {value, errors} = checkShape(projectSchema, tree);
  problems.add(...errors);
  if (value && value.lab === undefined) problems.add(...hostsWithoutAddress(value, tree));
  const state = value && stateOf(value.state, request, tree, report);
  const proxy = value && (await problems.gather(() => compileProxy(value.proxy, tree, readText)));
  problems.throwIfAny();
  const {server: _, ...parsed} = value!;
  return {project: compileProject({...parsed, state: state!, proxy: proxy!}, request, tree), tree};
}

/** `${name}` in a source's command is filled in when a secret is asked for. */
async function filledIn(
  tree: MapTree,
  around: Pick<ProjectRequest, 'env' | 'readText'>,
  report: (error: UserError) => void,
): Promise<MapTree> {
  const secrets = treeAt(tree, ['secrets']);
  const params = new Map([['name', '${name}']]);
  const rest = (await interpolate(without(tree, 'secrets'), [], {...around, params: new Map()}, report)) as MapTree;
  const filled = secrets && (await interpolate(secrets, ['secrets'], {...around, params}, report));
  return filled
    ? {
        ...rest,
        entries: new Map([...rest.entries, ['secrets', {keyAt: tree.entries.get('secrets')!.keyAt, value: filled}]]),
      }
    : rest;
}

function stateOf(
  written: string,
  {file, home, state: instead}: ProjectRequest,
  tree: Tree,
  report: (error: UserError) => void,
): StateLocation | undefined {
  const location = parseStateLocation(instead ?? written, nodePath.dirname(file), home);
  if (!('wrong' in location)) return location;
  const code = 'state-invalid';
  if (instead === undefined) report(errorAt(placeAt(tree, ['state']), ['state'], {code, message: location.wrong}));
  else report(new UserError({code, message: `--state or NIYANTA_STATE: ${location.wrong}`}));
  return undefined;
}

/** Before placeholders are filled in: afterwards nobody can tell. */
function passwordInClear(tree: Tree): UserError[] {
  const state = treeAt(tree, ['state']);
  if (state?.kind !== 'scalar' || !hasPasswordInClear(String(state.value))) return [];
  const hint = 'Write ${secret:NAME} or ${env:NAME} in its place, leave it to PGPASSWORD, or set all in NIYANTA_STATE.';
  return [errorAt(state.at, ['state'], {code: 'password-in-clear', message: 'holds a password in clear', hint})];
}

function hostsWithoutAddress({hosts}: z.output<typeof projectSchema>, tree: Tree): UserError[] {
  const message = 'must have an address, or local: true for this machine';
  return Object.entries(hosts)
    .filter(([, host]) => !host.local && host.address === undefined)
    .map(([name]) => errorAt(placeAt(tree, ['hosts', name]), ['hosts', name], {code: 'missing', message}));
}

const isPassword = (path: Path): boolean =>
  (path[0] === 'registries' && path[2] === 'password') ||
  (path[0] === 'state' && path.length === 1) ||
  (path[0] === 'server' && isServerSecret(path.slice(1)));

type Parsed = Omit<z.output<typeof projectSchema>, 'state' | 'proxy' | 'server'> & {
  readonly state: StateLocation;
  readonly proxy: ProjectProxy;
};

function compileProject(parsed: Parsed, {file, home}: ProjectRequest, tree: Tree): Project {
  const {apiVersion: _, kind: __, hosts, lab, secrets, environments, ...rest} = parsed;
  const directory = nodePath.dirname(file);
  return {
    ...rest,
    directory,
    file,
    ...(lab !== undefined && {lab}),
    secrets: compileSecrets(secrets, directory, home),
    hosts: Object.entries(hosts).map(([name, host]) => compileHost(name, host, tree, home)),
    environments: Object.entries(environments).map(([pattern, {quota, expires}]) => {
      const path = ['environments', pattern];
      const at = locationOf(keyPlaceAt(tree, path), path);
      return {pattern, quota, ...(expires !== undefined && {expiresMs: expires}), at};
    }),
  };
}

function compileSecrets(
  {file, identity, sources, ...rest}: Parsed['secrets'],
  directory: string,
  home: string,
): SecretSettings {
  return {
    ...rest,
    file: nodePath.resolve(directory, fromHome(file, home)),
    ...(identity !== undefined && {identity: nodePath.resolve(directory, fromHome(identity, home))}),
    sources: sources.map(({timeout, ...source}) => ({...source, timeoutMs: timeout})),
  };
}

function compileHost(name: string, host: z.output<typeof hostSchema>, tree: Tree, home: string): Host {
  const {connectTimeout, identityFile, ...rest} = host;
  const {directory} = placeAt(tree, ['hosts', name, 'identityFile']).source;
  return {
    name,
    ...rest,
    ...(identityFile !== undefined && {identityFile: nodePath.resolve(directory, fromHome(identityFile, home))}),
    connectTimeoutMs: connectTimeout,
  };
}

const fromHome = (path: string, home: string): string =>
  path === '~' || path.startsWith('~/') ? nodePath.join(home, path.slice(1)) : path;

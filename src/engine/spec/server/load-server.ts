import nodePath from 'node:path';
import {checkShape} from '../check-shape.ts';
import {documentsOf, type Input} from '../documents.ts';
import {UserError} from '../errors.ts';
import {interpolate} from '../interpolate.ts';
import {jsonTree} from '../json-tree.ts';
import {mergeTrees} from '../merge-trees.ts';
import {Problems} from '../problems.ts';
import {checkSecretPlaces} from '../stack-checks.ts';
import {hasPasswordInClear, parseStateLocation} from '../state-location.ts';
import {errorAt, type MapTree, type Path, placeAt, type Tree, treeAt, without} from '../tree.ts';
import {listSettings, originIn} from './list-settings.ts';
import type {NatsSettings} from './nats-schema.ts';
import {serverSchema, type WrittenServer} from './server-schema.ts';
import {builtInTiers, type ListenAddress, type ServerSetting, type ServerSettings} from './server-settings.ts';
import {isTelemetrySecret} from './telemetry-secrets.ts';
import {type Told, toldByVariables, treeOfTold} from './variables.ts';

export interface ServerRequest {
  /** Section `server` of niyanta.yaml, with its placeholders filled in. */
  readonly section?: Tree;
  /** A file of its own; it counts before the section. */
  readonly file?: Input;
  /** By path, dotted: `tls.cert`; they count before all others. */
  readonly flags: Readonly<Record<string, string>>;
  /** Variables count before files. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of flags, variables and defaults start here. */
  readonly cwd: string;
  readonly readText: (path: string) => Promise<string | undefined>;
}

export interface LoadedServer {
  readonly settings: ServerSettings;
  /** For people: what counts, and who said so. */
  readonly list: readonly ServerSetting[];
}

/** Files, variables and flags → what `niyanta serve` goes by. Errors: UserErrors with every one found. */
export async function loadServer(request: ServerRequest): Promise<LoadedServer> {
  const problems = new Problems();
  const {cwd, env} = request;
  const told = [...toldByFlags(request.flags), ...toldByVariables(env)];
  const layers = [
    jsonTree({tiers: builtInTiers}, {name: 'default', directory: cwd}),
    request.section,
    request.file && (await treeOfFile(request.file, request, problems)),
    treeOfTold(toldByVariables(env), cwd),
    treeOfTold(toldByFlags(request.flags), cwd),
  ];
  problems.throwIfAny();
  const tree = layers.reduce<Tree>((under, over) => (over ? mergeTrees(under, over) : under), layers[0]!);
  const {value, errors} = checkShape(serverSchema, tree);
  problems.add(...errors.map(error => namingWho(error, told)), ...databaseErrors(tree, told));
  problems.throwIfAny();
  const byWhom = (of: Tree, path: Path) => whoTold(placeAt(of, path).source.name, told) ?? originIn(of, path);
  return {settings: settingsOf(value!, tree, cwd), list: listSettings(tree, byWhom)};
}

const toldByFlags = (flags: Readonly<Record<string, string>>): Told[] =>
  Object.entries(flags).map(([path, text]) => ({by: `flag --${flagOf(path)}`, path: path.split('.'), text}));

/** `tls.cert` is told by --tls-cert, `stopDeadline` by --stop-deadline. */
const flagOf = (path: string): string =>
  path
    .replace(/^nats\.url$/, 'nats')
    .replaceAll('.', '-')
    .replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);

const whoTold = (source: string, told: readonly Told[]): string | undefined =>
  source === 'default' ? source : told.find(({by}) => by === source)?.by;

/** What a variable or a flag says wrongly has no line in a file. */
function namingWho(error: UserError, told: readonly Told[]): UserError {
  const {location, code, message, hint} = error;
  const by = location && told.find(one => one.by === location.file)?.by;
  return by === undefined ? error : new UserError({code, message: `${by} ${message}`, hint});
}

async function treeOfFile(file: Input, {env, readText}: ServerRequest, problems: Problems): Promise<Tree | undefined> {
  const documents = (await problems.gather(() => documentsOf('Server', file, problems))) ?? [];
  for (const other of documents.slice(1))
    problems.add(errorAt(other.at, [], {code: 'several-servers', message: 'is a second Server in the same file'}));
  const first = documents[0];
  if (!first) return undefined;
  const report = problems.add.bind(problems);
  problems.add(...passwordInClear(first, ['database']));
  const filled = (await interpolate(first, [], {params: new Map(), env, readText}, report)) as MapTree;
  checkSecretPlaces(filled, isServerSecret, report);
  return without(filled, 'apiVersion', 'kind');
}

/** Where `${secret:NAME}` may stand, of a path inside the settings of a server. */
export const isServerSecret = (path: Path): boolean =>
  (path.length === 1 && path[0] === 'database') ||
  isTelemetrySecret(path) ||
  (path.length === 2 && path[0] === 'workerScaling' && path[1] === 'token') ||
  (path.length === 3 && path[0] === 'checkpoints' && path[1] === 's3');

/** Before placeholders are filled in: afterwards nobody can tell. */
export function passwordInClear(tree: Tree, path: Path): UserError[] {
  const database = treeAt(tree, path);
  if (database?.kind !== 'scalar' || !hasPasswordInClear(String(database.value))) return [];
  const hint = 'Write ${secret:NAME} in its place, or set all of it in NIYANTA_DATABASE.';
  return [errorAt(database.at, path, {code: 'password-in-clear', message: 'holds a password in clear', hint})];
}

/** A flag is seen by everybody who lists processes. */
function databaseErrors(tree: Tree, told: readonly Told[]): UserError[] {
  const database = treeAt(tree, ['database']);
  if (database?.kind !== 'scalar') return [];
  const by = whoTold(database.at.source.name, told);
  if (by?.startsWith('flag') && hasPasswordInClear(database.text)) {
    return [
      new UserError({
        code: 'password-in-clear',
        message: `${by} has a password in it, which everybody sees who lists the processes of this machine`,
        hint: 'Write ${secret:NAME} in its place, in single quotes; or set NIYANTA_DATABASE.',
      }),
    ];
  }
  const location = parseStateLocation(database.text, '/', '/');
  if (!('wrong' in location)) return [];
  const parts = {code: 'database-invalid', message: location.wrong};
  if (by !== undefined) return [new UserError({...parts, message: `${by} ${location.wrong}`})];
  return [errorAt(database.at, ['database'], parts)];
}

function settingsOf(written: WrittenServer, tree: Tree, cwd: string): ServerSettings {
  const path = (text: string, at: Path) =>
    nodePath.resolve(treeAt(tree, at) ? placeAt(tree, at).source.directory : cwd, text);
  const {listen, grpc, tls, nats, tiers} = written;
  return {
    ...written,
    listen: addressOf(listen),
    grpc: grpc === undefined ? undefined : addressOf(grpc),
    data: path(written.data, ['data']),
    types: written.types.map((file, index) => path(file, ['types', index])),
    ...(tls && {
      tls: {
        ...tls,
        cert: path(tls.cert, ['tls', 'cert']),
        key: path(tls.key, ['tls', 'key']),
        ...(tls.clientCa !== undefined && {clientCa: path(tls.clientCa, ['tls', 'clientCa'])}),
      },
    }),
    ...(nats && {nats: absoluteNats(nats, path)}),
    tiers: Object.fromEntries(Object.entries(tiers).map(([name, tier]) => [name, {...builtInTiers.standard, ...tier}])),
  };
}

function absoluteNats({url, tls, credentials}: NatsSettings, path: (text: string, at: Path) => string): NatsSettings {
  const files = (['ca', 'cert', 'key'] as const).flatMap(name =>
    tls?.[name] === undefined ? [] : [[name, path(tls[name], ['nats', 'tls', name])] as const],
  );
  return {
    url,
    ...(tls && {tls: Object.fromEntries(files)}),
    ...(credentials !== undefined && {credentials: path(credentials, ['nats', 'credentials'])}),
  };
}

function addressOf(text: string): ListenAddress {
  const colon = text.lastIndexOf(':');
  return {host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1))};
}

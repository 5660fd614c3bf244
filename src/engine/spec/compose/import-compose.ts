import {UserError} from '../errors.ts';
import type {Files} from '../files.ts';
import {asName} from '../names.ts';
import {entriesOf, type MapTree, type Place, type Tree, treeAt} from '../tree.ts';
import {convertService} from './convert-service.ts';
import {secretName} from './file-keys.ts';
import {virtualHosts} from './label-keys.ts';
import {type Note, Notes} from './notes.ts';
import {Passwords, type SecretSuggestion} from './passwords.ts';
import {readCompose} from './read-compose.ts';
import {ServiceContext, type Surroundings} from './service-context.ts';
import {Variables} from './variables.ts';
import {type StackParts, writeStack} from './write-stack.ts';
import {type Placed, placed} from './written.ts';

export interface ComposeImport {
  /** Absolute paths; later files over earlier ones. */
  readonly paths: readonly string[];
  /** Absolute path of the folder that the stack file will be in. */
  readonly directory: string;
  /** Name of the stack where the file tells none. */
  readonly fallbackName: string;
  readonly profiles: readonly string[];
  /** Passwords in the environment become `${secret:NAME}`. */
  readonly secrets: boolean;
  /** What `.env` beside the first file says. */
  readonly dotenv: Readonly<Record<string, string>>;
  readonly files: Files;
  readonly nameOf: (path: string) => string;
  readonly kindOf: Surroundings['kindOf'];
}

export interface ImportedStack {
  /** The stack as YAML. */
  readonly text: string;
  readonly name: string;
  readonly services: readonly string[];
  readonly volumes: readonly string[];
  readonly routes: number;
  /** What could not be carried as it is, in the order of the lines. */
  readonly notes: readonly Note[];
  /** Values that look like passwords; they are secrets now if that was asked for. */
  readonly passwords: readonly SecretSuggestion[];
}

/**
 * Compose files → a stack, and everything of them that a stack cannot say.
 * Errors: UserError with the place: no Compose file, a cycle of depends_on, extends or include, a file that is missing;
 * UserErrors of YAML that is wrong, too deep or grows too large.
 */
export async function importCompose(wish: ComposeImport): Promise<ImportedStack> {
  const {tree, comments} = await readCompose(wish.paths, wish.files, wish.nameOf);
  const services = treeAt(tree, ['services']);
  if (services?.kind !== 'map' || services.entries.size === 0) {
    const hint = 'Files of the first format, with services at the top, have to be moved below services: by hand.';
    throw new UserError({
      code: 'compose-no-services',
      message: 'has no services',
      hint,
      location: {file: tree.at.source.name, line: 1, column: 1},
    });
  }
  const notes = new Notes();
  const parts: {-readonly [K in keyof StackParts]: StackParts[K]} & {volumes: Map<string, Placed>; routes: Placed[]} = {
    name: stackName(tree, wish.fallbackName),
    source: tree.at.source,
    services: new Map(),
    volumes: new Map(),
    routes: [],
  };
  const variables = new Variables(wish.dotenv);
  const passwords = new Passwords(variables, wish.secrets);
  const chosen = [...services.entries].filter(([name, entry]) => isAsked(name, entry.value, wish.profiles, notes));
  const all: Surroundings = {
    variables,
    notes,
    services: names(
      chosen.map(([name, {keyAt}]) => ({name, at: keyAt, path: ['services', name]})),
      'service',
      notes,
    ),
    volumes: declaredVolumes(tree, notes),
    directory: wish.directory,
    kindOf: wish.kindOf,
    section: (section, name) => treeAt(tree, [section, name]),
    composeService: name => services.entries.get(name)?.value,
    secretFor: (...args) => passwords.of(...args),
    addVolume(name, from) {
      const free = parts.volumes.has(name)
        ? [...'23456789'].map(n => `${name}-${n}`).find(one => !parts.volumes.has(one))!
        : name;
      parts.volumes.set(free, placed({}, from));
      return free;
    },
    folderVolumes: new Map(),
    addRoute: route => void parts.routes.push(route),
  };
  for (const [name, {keyAt}] of entriesOf(tree, 'volumes')) {
    const as = all.volumes.get(name);
    if (as !== undefined) parts.volumes.set(as, placed({}, keyAt));
  }
  refuseCycles(chosen.map(([name, {value}]) => [name, value]));
  for (const [name, {keyAt, value}] of chosen) {
    const service = new ServiceContext(name, all);
    const env = treeAt(value, ['environment']);
    convertService(service, value);
    if (env) virtualHosts(service, {value: env, path: ['services', name, 'environment'], at: env.at});
    (parts.services as Map<string, Placed>).set(service.name, {value: service.keys, from: keyAt});
  }
  restOfFile(tree, notes);
  const text = writeStack(parts, comments, notes);
  return {
    text,
    name: parts.name,
    services: [...parts.services.keys()],
    volumes: [...parts.volumes.keys()],
    routes: parts.routes.length,
    notes: notes.all(),
    passwords: passwords.all(),
  };
}

function stackName(tree: MapTree, fallback: string): string {
  const name = treeAt(tree, ['name']);
  return asName(name?.kind === 'scalar' && !name.text.includes('$') ? name.text : fallback, 'app');
}

/** Names of Compose as names of a stack: lower case, dashes; those that change are told. */
function names(
  list: readonly {readonly name: string; readonly at: Place; readonly path: readonly string[]}[],
  what: string,
  notes: Notes,
): Map<string, string> {
  const result = new Map<string, string>();
  const taken = new Set<string>(list.map(({name}) => name).filter(name => asName(name, '') === name));
  for (const {name, at, path} of list) {
    const wish = asName(name, what);
    let free = wish;
    for (let n = 2; free !== name && taken.has(free); n += 1) free = `${wish.slice(0, 58)}-${n}`;
    taken.add(free);
    result.set(name, free);
    if (free !== name)
      notes.add(
        'changed',
        path,
        at,
        `is called ${free}: names are lower-case letters, digits and dashes${what === 'service' ? '; what names it in texts has to follow' : ''}`,
      );
  }
  return result;
}

function isAsked(name: string, service: Tree, profiles: readonly string[], notes: Notes): boolean {
  const written = treeAt(service, ['profiles']);
  const own =
    written?.kind === 'list' ? written.items.flatMap(item => (item.kind === 'scalar' ? [item.text] : [])) : [];
  if (own.length === 0 || own.some(profile => profiles.includes(profile) || profiles.includes('*'))) return true;
  notes.add(
    'lost',
    ['services', name],
    service.at,
    `belongs to the profile ${own.join(', ')}: --profile ${own[0]} brings it along`,
  );
  return false;
}

function declaredVolumes(tree: MapTree, notes: Notes): Map<string, string> {
  const entries = entriesOf(tree, 'volumes');
  for (const [name, {value}] of entries) {
    if (value.kind !== 'map') continue;
    for (const [key, entry] of value.entries) {
      const path = ['volumes', name, key];
      const is = entry.value.kind === 'scalar' ? entry.value.text : '';
      if (key === 'driver' && (is === 'local' || is === ''))
        notes.add('needless', path, entry.keyAt, 'volumes are folders of the host');
      else if (key === 'external' && is === 'false')
        notes.add('needless', path, entry.keyAt, 'volumes belong to the stack');
      else if (key === 'external')
        notes.add(
          'changed',
          path,
          entry.keyAt,
          'becomes a volume of this stack; what is in the other does not come along',
        );
      else if (key === 'name')
        notes.add('changed', path, entry.keyAt, 'niyanta names the folder after project, stack and environment');
      else if (key === 'driver' || key === 'driver_opts')
        notes.add(
          'lost',
          path,
          entry.keyAt,
          'volumes are folders of the host: mount it there, and write mounts: in the service',
        );
      else if (!key.startsWith('x-')) notes.add('lost', path, entry.keyAt, 'volumes of a stack have no such setting');
    }
  }
  return names(
    entries.map(([name, {keyAt}]) => ({name, at: keyAt, path: ['volumes', name]})),
    'volume',
    notes,
  );
}

/** What stands at the top beside services and volumes. */
function restOfFile(tree: MapTree, notes: Notes): void {
  for (const [key, {keyAt, value}] of tree.entries) {
    if (['services', 'volumes', 'name'].includes(key) || key.startsWith('x-')) continue;
    if (key === 'version') notes.add('needless', [key], keyAt, 'a stack says apiVersion');
    else if (key === 'networks') restOfNetworks(value, notes);
    else if (key === 'secrets') restOfSecrets(value, notes);
    else if (key !== 'configs') notes.add('lost', [key], keyAt, 'no key that a stack has');
  }
}

function restOfSecrets(value: Tree, notes: Notes): void {
  for (const [name, {keyAt, value: secret}] of value.kind === 'map' ? value.entries : []) {
    const file = treeAt(secret, ['file']);
    const from = file?.kind === 'scalar' ? ` < ${file.text}` : '';
    const reason = `niyanta keeps its value: niyanta secret set ${secretName(name)}${from}`;
    notes.add('changed', ['secrets', name], keyAt, reason);
  }
}

function restOfNetworks(value: Tree, notes: Notes): void {
  for (const [name, entry] of value.kind === 'map' ? value.entries : []) {
    const settings = entry.value.kind === 'map' ? [...entry.value.entries.keys()] : [];
    const external = settings.includes('external');
    const reason = external
      ? 'services of other stacks are reached through their ports or routes'
      : 'all services of an environment are in one network, across hosts, apart from those of others';
    notes.add(
      name === 'default' && !external ? 'needless' : external ? 'lost' : 'changed',
      ['networks', name],
      entry.keyAt,
      reason,
    );
  }
}

/** What Compose refuses too: services that wait for each other. Errors: UserError `compose-cycle`. */
function refuseCycles(services: readonly (readonly [string, Tree])[]): void {
  const needs = new Map(services.map(([name, tree]) => [name, neededBy(tree)]));
  const done = new Set<string>();
  const walk = (name: string, trail: readonly string[]): void => {
    if (done.has(name)) return;
    for (const {other, at} of needs.get(name) ?? []) {
      const from = [...trail, name].indexOf(other);
      if (from === -1) {
        walk(other, [...trail, name]);
        continue;
      }
      const cycle = [...[...trail, name].slice(from), other].join(' depends on ');
      const location = {file: at.source.name, line: at.line, column: at.column, path: `services.${name}.depends_on`};
      const hint = 'Remove one of these: none of them could start first.';
      throw new UserError({code: 'compose-cycle', message: `is a cycle: ${cycle}`, hint, location});
    }
    done.add(name);
  };
  for (const [name] of services) walk(name, []);
}

function neededBy(tree: Tree): readonly {readonly other: string; readonly at: Place}[] {
  return ['depends_on', 'links'].flatMap(key => {
    const value = treeAt(tree, [key]);
    if (value?.kind === 'map') return [...value.entries].map(([other, {keyAt}]) => ({other, at: keyAt}));
    if (value?.kind !== 'list') return [];
    return value.items.flatMap(item =>
      item.kind === 'scalar' ? [{other: item.text.split(':')[0]!, at: item.at}] : [],
    );
  });
}

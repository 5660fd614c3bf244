import {UserError} from '../errors.ts';
import type {Files} from '../files.ts';
import {asName} from '../names.ts';
import {entriesOf, type MapTree, type Tree, treeAt} from '../tree.ts';
import {convertService} from './convert-service.ts';
import {refuseCycles} from './depends-cycles.ts';
import {virtualHosts} from './label-keys.ts';
import {type Note, Notes} from './notes.ts';
import {Passwords, type SecretSuggestion} from './passwords.ts';
import {readCompose} from './read-compose.ts';
import {ServiceContext, type Surroundings} from './service-context.ts';
import {declaredVolumes, names, restOfFile} from './top-level.ts';
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

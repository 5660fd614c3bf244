import nodePath from 'node:path';
import type {Path, Place, Tree} from '../tree.ts';
import type {NoteKind, Notes} from './notes.ts';
import type {Variables} from './variables.ts';
import type {Placed} from './written.ts';

/** What is known of all services of a Compose file while each is turned into a service of a stack. */
export interface Surroundings {
  readonly variables: Variables;
  readonly notes: Notes;
  /** Names of services and volumes: as Compose has them → as the stack has them. */
  readonly services: ReadonlyMap<string, string>;
  readonly volumes: Map<string, string>;
  /** The service of Compose's name, with whatever it has. */
  readonly composeService: (name: string) => Tree | undefined;
  /** Folder of the stack file that is written; relative paths start there. */
  readonly directory: string;
  /** A thing that the file declares at its top: a config, a secret. */
  readonly section: (section: string, name: string) => Tree | undefined;
  /** What is at an absolute path of this machine. */
  readonly kindOf: (path: string) => 'file' | 'folder' | undefined;
  /** Passwords in the environment become secrets; called with what looks like one, answers the text to write. */
  readonly secretFor: (service: string, variable: string, text: string, at: Place) => string;
  /** A volume that the stack gets beside those that the file declares; answers its name. */
  readonly addVolume: (wish: string, from: Place) => string;
  /** The volume that a folder of this machine became, shared by all who mount the folder. */
  readonly folderVolumes: Map<string, string>;
  readonly addRoute: (route: Placed) => void;
}

/** A key of a service: its value, its path in the file, and where it was written. */
export interface Key {
  readonly value: Tree;
  readonly path: Path;
  readonly at: Place;
}

const HOST_VARIABLE = /HOST|URL|URI|ADDR|SERVER|BROKER|ENDPOINT|UPSTREAM|DSN|NODES|PEERS|BOOTSTRAP/i;

/** One service on its way from a Compose file into a stack. */
export class ServiceContext {
  readonly name: string;
  readonly composeName: string;
  readonly all: Surroundings;
  readonly keys = new Map<string, Placed>();
  /** The key that is being carried over: comments above it go to what it becomes. */
  current?: Key;

  constructor(composeName: string, all: Surroundings) {
    this.composeName = composeName;
    this.name = all.services.get(composeName)!;
    this.all = all;
  }

  set(key: string, placed: Placed): void {
    this.keys.set(key, placed);
  }

  /** Adds items to a list of the service. */
  append(key: string, ...items: readonly Placed[]): void {
    if (items.length === 0) return;
    const before = this.keys.get(key);
    const list = Array.isArray(before?.value) ? (before.value as readonly Placed[]) : [];
    this.keys.set(key, {value: [...list, ...items], from: before?.from ?? this.current?.at});
  }

  note(kind: NoteKind, {path, at}: Pick<Key, 'path' | 'at'>, reason: string): void {
    this.all.notes.add(kind, path, at, reason);
  }

  /** A scalar's text with a character for each variable; undefined, and noted, when there is none to be had. */
  text(key: Key): string | undefined {
    if (key.value.kind !== 'scalar') {
      this.note('lost', key, `is a ${key.value.kind}, where Compose has a single value`);
      return undefined;
    }
    const read = this.all.variables.read(key.value.text);
    if (read === undefined) this.note('lost', key, 'has a ${…} that cannot be read');
    return read;
  }

  /** A path, relative to the file that it stands in, as the stack says it. */
  path(text: string, {source}: Place): string {
    if (source.directory === this.all.directory || nodePath.isAbsolute(text) || this.all.variables.has(text))
      return text;
    const relative = nodePath.relative(this.all.directory, nodePath.resolve(source.directory, text));
    return relative.startsWith('..') ? relative : `./${relative}`;
  }

  /** The text with the services in it called as the stack calls them, where it names them as hosts. */
  hostsRenamed(key: Key, text: string, variable: string): string {
    let renamed = text;
    for (const [from, to] of this.all.services) {
      if (from === to) continue;
      const name = from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      const whole = renamed === from && HOST_VARIABLE.test(variable);
      const next = whole ? to : renamed.replace(new RegExp(`(^|@|//|,|\\s|=)${name}(?=[:/,])`, 'g'), `$1${to}`);
      if (next !== renamed) this.note('changed', key, `names ${from}, which is called ${to}`);
      renamed = next;
    }
    return renamed;
  }

  /** The text for the stack, its variables as `${env:…}`; undefined, and noted, where it cannot be said. */
  written(key: Key, text: string, {blank = false}: {readonly blank?: boolean} = {}): string | undefined {
    for (const variable of this.all.variables.in(text)) {
      if (variable.simplified)
        this.note('changed', key, `\${${variable.name}…} became what it comes to without the variable`);
      else if (variable.from === '.env') this.note('changed', key, `${variable.name} has its value of .env as default`);
      else if (variable.otherwise === undefined && !blank)
        this.note('changed', key, `needs ${variable.name} to be set: export it before plan and apply`);
    }
    const written = this.all.variables.written(text, blank);
    if (written === undefined) this.note('lost', key, 'has a text that a stack cannot say');
    return written;
  }

  /** The text as it is without its variables set, for what has to be known now; noted when there are any. */
  fixed(key: Key, text: string): string {
    for (const {name, otherwise} of this.all.variables.in(text)) {
      this.note(
        'changed',
        key,
        `\${${name}} became ${otherwise === undefined ? 'empty' : JSON.stringify(otherwise)}: here a stack has no variables`,
      );
    }
    return this.all.variables.now(text);
  }

  /** The keys of a map below a key, or none, noted when it is none. */
  entries(key: Key): readonly (Key & {readonly name: string})[] {
    if (key.value.kind !== 'map') {
      if (key.value.kind === 'list' || key.value.value !== null) this.note('lost', key, 'is no map, as Compose has it');
      return [];
    }
    return [...key.value.entries].map(([name, {keyAt, value}]) => ({
      name,
      value,
      at: keyAt,
      path: [...key.path, name],
    }));
  }

  /** The items of a list, or a single value as the only one. */
  items({value, path}: Key): readonly Key[] {
    const list = value.kind === 'list' ? value.items : value.kind === 'scalar' && value.value === null ? [] : [value];
    return list.map((item, index) => ({
      value: item,
      at: item.at,
      path: value.kind === 'list' ? [...path, index] : path,
    }));
  }
}

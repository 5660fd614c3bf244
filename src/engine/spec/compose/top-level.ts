import {asName} from '../names.ts';
import {entriesOf, type MapTree, type Place, type Tree, treeAt} from '../tree.ts';
import {secretName} from './file-keys.ts';
import type {Notes} from './notes.ts';

/** Names of Compose as names of a stack: lower case, dashes; those that change are told. */
export function names(
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

/** Volumes that the file declares: Compose's names → the stack's; settings that volumes do not have are told. */
export function declaredVolumes(tree: MapTree, notes: Notes): Map<string, string> {
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
export function restOfFile(tree: MapTree, notes: Notes): void {
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

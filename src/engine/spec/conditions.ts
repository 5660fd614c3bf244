import type {UserError} from './errors.ts';
import {interpolate, type Surroundings} from './interpolate.ts';
import {type Entry, type MapTree, type Path, type Tree, without} from './tree.ts';

/**
 * The tree without the maps whose `when` does not hold, and without the `when` of the others. It holds for true and
 * for a text that is not empty; a parameter without a value is neither. Placeholders elsewhere stay as they are.
 */
export async function withoutUnwanted(
  tree: Tree,
  path: Path,
  around: Surroundings,
  report: (error: UserError) => void,
): Promise<Tree | undefined> {
  if (tree.kind === 'scalar') return tree;
  if (tree.kind === 'list') {
    const items = await Promise.all(
      tree.items.map((item, index) => withoutUnwanted(item, [...path, index], around, report)),
    );
    return {...tree, items: items.filter(item => item !== undefined)};
  }
  if (!(await holds(tree, path, around, report))) return undefined;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of without(tree, 'when').entries) {
    const value = await withoutUnwanted(entry.value, [...path, key], around, report);
    if (value) entries.set(key, {...entry, value});
  }
  return {...tree, entries};
}

async function holds(
  tree: MapTree,
  path: Path,
  around: Surroundings,
  report: (error: UserError) => void,
): Promise<boolean> {
  const written = tree.entries.get('when')?.value;
  if (!written) return true;
  const value = await interpolate(written, [...path, 'when'], around, report);
  return value?.kind === 'scalar' && value.text !== 'false' && value.text !== '' && value.value !== null;
}

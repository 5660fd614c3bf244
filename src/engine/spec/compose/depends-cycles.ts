import {UserError} from '../errors.ts';
import {type Place, type Tree, treeAt} from '../tree.ts';

/** What Compose refuses too: services that wait for each other. Errors: UserError `compose-cycle`. */
export function refuseCycles(services: readonly (readonly [string, Tree])[]): void {
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

import type {UserError} from './errors.ts';
import {errorAt, type Path, type Tree, treeAt} from './tree.ts';

interface Later {
  /** `*` stands for any key or index. */
  readonly path: string;
  /** Only these values; the key at all when absent. */
  readonly value?: RegExp;
  readonly why?: string;
}

const DISK =
  "containerd's overlayfs snapshotter has no size limit for one container; use a volume on a file system of its own";

const STACK: readonly Later[] = [
  {path: 'networks', why: 'each environment has one network of its own'},
  {path: 'workloads'},
  {path: 'services.*.resources.disk', why: DISK},
  {path: 'services.*.resources.gpu'},
  {path: 'services.*.schedule'},
  {path: 'services.*.checkpoint'},
  {path: 'services.*.networks', why: 'each environment has one network of its own'},
];

const PROJECT: readonly Later[] = [
  {path: 'runtime', value: /^nerdctl$/, why: 'use auto or ctr'},
  {path: 'customers', why: 'a coordinator keeps them: niyanta customer'},
];

/** What later work brings: refused by position, and taken out, so that nothing else is said about it. */
export function refuseLater(
  kind: 'Stack' | 'Project',
  tree: Tree,
  prefix: Path,
  report: (error: UserError) => void,
): Tree {
  return (kind === 'Stack' ? STACK : PROJECT).reduce(
    (rest, later) => prune(rest, later.path.split('.'), [], {later, prefix, report, root: tree}),
    tree,
  );
}

interface Pruning {
  readonly later: Later;
  readonly prefix: Path;
  readonly root: Tree;
  readonly report: (error: UserError) => void;
}

function prune(tree: Tree, pattern: readonly string[], path: Path, pruning: Pruning): Tree {
  if (tree.kind !== 'map') return tree;
  const [key, ...rest] = pattern;
  const entries = new Map(tree.entries);
  for (const [name, entry] of tree.entries) {
    if (key !== '*' && key !== name) continue;
    const here = [...path, name];
    if (rest.length > 0) {
      entries.set(name, {...entry, value: prune(entry.value, rest, here, pruning)});
      continue;
    }
    const {later, prefix, report, root} = pruning;
    const value = treeAt(root, here);
    const written = value?.kind === 'scalar' ? String(value.value) : '';
    if (later.value && !later.value.test(written)) continue;
    const what = later.value ? `${written} is not in this version` : 'not in this version';
    const at = later.value ? entry.value.at : entry.keyAt;
    report(errorAt(at, [...prefix, ...here], {code: 'not-in-this-version', message: what, hint: sentence(later.why)}));
    entries.delete(name);
  }
  return {...tree, entries};
}

const sentence = (text: string | undefined): string | undefined =>
  text && `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

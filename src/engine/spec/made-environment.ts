import {UserError} from './errors.ts';
import {mergeTrees} from './merge-trees.ts';
import {readYaml} from './read-yaml.ts';
import type {EnvironmentName} from './stack.ts';
import type {Entry, MapTree, Tree} from './tree.ts';

/** An environment that stands in no file: made by `niyanta env create`, kept in the state. */
export interface MadeEnvironment {
  /** An environment of the stack's files that it is like. */
  readonly from: EnvironmentName;
  /** Parameters of the stack; those of `--param` win over them. */
  readonly params: Readonly<Record<string, string>>;
  /** Values by dotted path, each as YAML: `services.web.replicas` → `1`. Laid over the stack. */
  readonly set: Readonly<Record<string, string>>;
}

const SETTABLE = ['services', 'volumes'];

/** The stack with the values set; relative paths in them start from `directory`. Errors are reported. */
export function setValues(
  stack: MapTree,
  {set}: MadeEnvironment,
  directory: string,
  report: (error: UserError) => void,
): MapTree {
  return Object.entries(set).reduce<MapTree>((tree, [path, text]) => {
    const over = valueAt(path, text, directory, report);
    return over ? (mergeTrees(tree, over) as MapTree) : tree;
  }, stack);
}

function valueAt(path: string, text: string, directory: string, report: (error: UserError) => void): Tree | undefined {
  const keys = path.split('.');
  const source = {name: `--set ${path}`, directory};
  const at = {source, line: 1, column: 1};
  if (!SETTABLE.includes(keys[0]!) || keys.length < 2 || keys.includes('')) {
    const message = `--set ${path}: is not a path of a stack, as in services.web.replicas=1`;
    report(new UserError({code: 'set-invalid', message, hint: `It begins with ${SETTABLE.join(' or ')}.`}));
    return undefined;
  }
  try {
    const value = readYaml(text, source)[0] ?? {kind: 'scalar' as const, at, value: null, text: ''};
    return keys.reduceRight<Tree>(
      (inner, key) => ({kind: 'map', at, entries: new Map<string, Entry>([[key, {keyAt: at, value: inner}]])}),
      value,
    );
  } catch (cause) {
    const message = `--set ${path}: ${JSON.stringify(text)} is not a value in YAML`;
    report(new UserError({code: 'set-invalid', message, hint: 'Quote it twice if it has special letters.', cause}));
    return undefined;
  }
}

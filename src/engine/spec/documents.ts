import {UserError, UserErrors} from './errors.ts';
import type {Problems} from './problems.ts';
import {decodeText, readYaml} from './read-yaml.ts';
import {didYouMean} from './suggest.ts';
import {errorAt, keyPlaceAt, type MapTree, placeAt, type Source, treeAt} from './tree.ts';

/** A file, or standard input, before it is parsed. */
export interface Input {
  readonly source: Source;
  readonly bytes: Uint8Array;
}

const KINDS = ['Project', 'Server', 'Stack', 'Template', 'Workload'] as const;
export type Kind = (typeof KINDS)[number];

const HOME: Readonly<Record<Kind, string>> = {
  Project: 'A Project stands in niyanta.yaml.',
  Server: 'A Server stands in a file of its own: niyanta serve --config FILE.',
  Stack: 'A Stack stands in stack.yaml or is given with -f.',
  Template: 'A Template stands in templates/NAME.yaml.',
  Workload: 'A Workload stands in a file of its own: niyanta run FILE.',
};

/** The kinds that the documents of a file say they are; `undefined` where one says none. Of no YAML, none. */
export function kindsOf({source, bytes}: Input): readonly (string | undefined)[] {
  try {
    return readYaml(decodeText(bytes, source.name), source).map(tree => {
      const kind = treeAt(tree, ['kind']);
      return kind?.kind === 'scalar' ? kind.text : undefined;
    });
  } catch (error) {
    if (error instanceof UserError || error instanceof UserErrors) return [];
    throw error;
  }
}

/** The documents of one kind in a file; others are errors, and so is a file without any. */
export function documentsOf(kind: Kind, {source, bytes}: Input, problems: Problems): MapTree[] {
  const trees = readYaml(decodeText(bytes, source.name), source);
  if (trees.length === 0) {
    problems.add(
      new UserError({
        code: 'file-empty',
        message: 'is empty',
        hint: `Write kind: ${kind} and what belongs to it; niyanta init makes an example.`,
        location: {file: source.name, line: 1, column: 1},
      }),
    );
  }
  return trees.flatMap(tree => {
    if (tree.kind !== 'map') {
      const message = `must be a map with apiVersion and kind, is a ${tree.kind === 'list' ? 'list' : 'single value'}`;
      problems.add(errorAt(tree.at, [], {code: 'wrong-type', message}));
      return [];
    }
    return isKind(kind, tree, problems) ? [tree] : [];
  });
}

function isKind(kind: Kind, tree: MapTree, problems: Problems): boolean {
  const written = treeAt(tree, ['kind']);
  const add = (code: string, message: string, hint?: string) =>
    problems.add(errorAt(placeAt(tree, ['kind']), ['kind'], {code, message, hint}));
  const version = treeAt(tree, ['apiVersion']);
  if (version === undefined || (version.kind === 'scalar' && version.value === 'niyanta/v1')) {
    if (version === undefined) {
      const parts = {code: 'missing', message: 'is required and missing: write niyanta/v1'};
      problems.add(errorAt(tree.at, ['apiVersion'], parts));
    }
  } else {
    const parts = {code: 'invalid-value', message: 'must be niyanta/v1'};
    problems.add(errorAt(version.at, ['apiVersion'], parts));
  }
  const name = written?.kind === 'scalar' ? String(written.value) : '';
  if (name === kind) return true;
  if (written === undefined) {
    const near = [...tree.entries.keys()].find(key => key.toLowerCase() === 'kind');
    if (near)
      problems.add(
        errorAt(keyPlaceAt(tree, [near]), [near], {code: 'unknown-key', message: 'unknown key, did you mean "kind"?'}),
      );
    else add('missing', `is required and missing: write kind: ${kind}`);
    // It can only be meant as what is read here, so that the rest of it is checked at once, too.
    return true;
  }
  if (KINDS.some(known => known === name)) {
    add('wrong-kind', `is ${name}, but here a ${kind} is read`, HOME[name as Kind]);
  } else add('invalid-value', `must be ${kind}${didYouMean(name, KINDS)}`);
  return false;
}

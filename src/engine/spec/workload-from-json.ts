import {UserErrors} from './errors.ts';
import {jsonTree} from './json-tree.ts';
import {checkedWorkload, withHead} from './load-workloads.ts';
import {Problems} from './problems.ts';
import {errorAt, type MapTree, type Path, without} from './tree.ts';
import type {Workload} from './workload.ts';

/** Keys that name things of the machine that submits: they come along with a submission, never by path. */
export const localOnly = ['archive', 'build', 'envFile', 'params'] as const;

/**
 * A parsed JSON document, as the API takes it, as a workload: the same schema as in files; `apiVersion` and `kind` may be
 * left out. `archive` is only a name here, of an image that came along (`withImage`). Nothing is put in for `${…}`, and nothing is read: `${env:…}` would be the server's. Sources of input
 * files stay as written; their content comes beside the document.
 * Errors: UserErrors with every one found; `location.path` is the dotted path below `prefix`, line and column mean nothing.
 */
export async function workloadFromJson(value: unknown, prefix: Path = [], withImage = false): Promise<Workload> {
  const source = {name: 'body', directory: '/'};
  const problems = new Problems();
  const tree = await problems.gather(() => jsonTree(value, source));
  if (tree && tree.kind !== 'map') {
    problems.add(errorAt(tree.at, [], {code: 'wrong-type', message: 'must be a map: a workload'}));
  }
  const loaded = tree?.kind === 'map' ? await checked(tree, problems, withImage) : undefined;
  below(prefix, () => problems.throwIfAny());
  const {workload} = loaded!;
  const written = (value as {inputs?: {files?: string[]}}).inputs?.files ?? [];
  const files = workload.inputs.files.map(({target}, index) => ({source: sourceOf(written[index]!), target}));
  return {...workload, inputs: {files}};
}

const sourceOf = (written: string): string => written.slice(0, written.lastIndexOf(':'));

async function checked(tree: MapTree, problems: Problems, withImage: boolean) {
  const notHere = localOnly.filter(key => !(withImage && key === 'archive'));
  for (const key of notHere.filter(key => tree.entries.has(key))) {
    const message = 'is read by the command line, where the file is; the API does not take it';
    const hint = 'Send image and env; niyanta submit does that.';
    problems.add(errorAt(tree.at, [key], {code: 'local-only', message, hint}));
  }
  const named = withHead(without(tree, ...notHere));
  return checkedWorkload(named, {read: nothingIsRead, nameOf: path => path}, problems);
}

const nothingIsRead = async (path: string): Promise<never> => {
  throw Object.assign(new Error(`nothing is read here: ${path}`), {code: 'ENOENT'});
};

/** Errors of a part of a body, by their paths in the whole of it. */
function below(prefix: Path, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof UserErrors) || prefix.length === 0) throw error;
    throw new UserErrors(
      error.errors.map(each => {
        const path = [...prefix.map(String), ...(each.location?.path ? [each.location.path] : [])].join('.');
        return each.at({file: 'body', line: 1, column: 1, path});
      }),
    );
  }
}

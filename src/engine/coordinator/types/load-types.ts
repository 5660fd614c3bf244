import {pathToFileURL} from 'node:url';
import {z} from 'zod';
import {UserError} from '../../spec/errors.ts';
import type {CheckpointKeeper, WorkloadType} from './workload-type.ts';

/** What a file of a type is given. */
export interface TypeParts {
  /** To say what `with` may hold. */
  readonly z: typeof z;
  /** Keeps contents of checkpoints, compressed and checked. */
  readonly keeper: CheckpointKeeper;
}

/** A file's default export. */
export type MakeType = (parts: TypeParts) => WorkloadType;

/** A loaded file, before there is a coordinator. */
export interface TypeFile {
  readonly file: string;
  readonly make: MakeType;
}

const taken = ['container', 'sleep'];
const methods = ['init', 'execute', 'checkpoint', 'close'] as const;

/** Loads files (absolute paths) of workload types; their code runs in this process. Errors: UserError `type-invalid`. */
export async function loadTypes(files: readonly string[]): Promise<readonly TypeFile[]> {
  const loaded: TypeFile[] = [];
  for (const file of files) {
    const module = await (import(pathToFileURL(file).href) as Promise<{default?: unknown}>).catch((error: unknown) => {
      throw invalid(file, `cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, error);
    });
    if (typeof module.default !== 'function') throw invalid(file, 'has no function as its default export');
    loaded.push({file, make: module.default as MakeType});
  }
  return loaded;
}

/** The types of the files. Errors: UserError `type-invalid` for what is none, and for a name that is taken. */
export function makeTypes(loaded: readonly TypeFile[], keeper: CheckpointKeeper): readonly WorkloadType[] {
  const types: WorkloadType[] = [];
  for (const {file, make} of loaded) {
    const type = madeBy(file, () => make({z, keeper}));
    const names = [...taken, ...types.map(({name}) => name)];
    if (names.includes(type.name)) throw invalid(file, `is of a type that there is: ${type.name}`);
    types.push(type);
  }
  return types;
}

function madeBy(file: string, make: () => unknown): WorkloadType {
  let type: Partial<WorkloadType>;
  try {
    type = (make() ?? {}) as Partial<WorkloadType>;
  } catch (error) {
    throw invalid(file, `failed: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  const missing = methods.filter(name => typeof type[name] !== 'function');
  if (typeof type.name !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(type.name))
    throw invalid(file, 'makes a type without a name of lower-case letters, digits and dashes');
  if (missing.length > 0) throw invalid(file, `makes a type without ${missing.join(', ')}`);
  if (typeof type.config?.safeParse !== 'function') throw invalid(file, 'makes a type whose config is no zod schema');
  if (typeof type.onHost !== 'boolean') throw invalid(file, 'makes a type that does not say onHost: true or false');
  return type as WorkloadType;
}

const invalid = (file: string, wrong: string, cause?: unknown): UserError =>
  new UserError({
    code: 'type-invalid',
    message: `the workload type ${file} ${wrong}`,
    hint: 'docs/WORKLOADS.md says how a type is written; examples/workloads/types has one.',
    ...(cause !== undefined && {cause}),
  });

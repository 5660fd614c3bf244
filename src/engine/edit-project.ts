import {readFile, realpath} from 'node:fs/promises';
import {homedir} from 'node:os';
import nodePath from 'node:path';
import {UserError, UserErrors} from './spec/errors.ts';
import {loadProject} from './spec/index.ts';
import type {Project} from './spec/project.ts';
import {writeAtomically} from './state/atomic-file.ts';
import {withMutex} from './state/mutex.ts';

/** A change of niyanta.yaml's text; comments and formatting stay. */
export type ProjectEdit = (text: string) => string;

/** The project as it would be with the change. Writes nothing. Errors: UserError `host-invalid` and those of the edit. */
export async function tryEdit(
  project: Project,
  env: Readonly<Record<string, string | undefined>>,
  edit: ProjectEdit,
): Promise<Project> {
  return check(project.file, env, edit(await readFile(project.file, 'utf8')));
}

/** Changes niyanta.yaml, whole or not at all, and only to what can be read again. */
export async function editProject(
  project: Project,
  env: Readonly<Record<string, string | undefined>>,
  edit: ProjectEdit,
): Promise<void> {
  await withMutex(nodePath.join(project.directory, '.niyanta', 'project', 'mutex'), async () => {
    // What a link points to is replaced, not the link.
    const file = await realpath(project.file);
    const before = await readFile(file, 'utf8');
    const after = edit(before);
    if (after === before) return;
    await check(project.file, env, after);
    await writeAtomically(file, after, {mode: 0o644});
  });
}

async function check(file: string, env: Readonly<Record<string, string | undefined>>, text: string): Promise<Project> {
  const source = {name: nodePath.basename(file), directory: nodePath.dirname(file)};
  try {
    const loaded = await loadProject({
      input: {source, bytes: Buffer.from(text)},
      file,
      env,
      home: env.HOME ?? homedir(),
      readText: path => readFile(path, 'utf8').catch(() => undefined),
    });
    return loaded.project;
  } catch (error) {
    if (!(error instanceof UserError || error instanceof UserErrors)) throw error;
    throw new UserError({
      code: 'host-invalid',
      message: `niyanta.yaml would not be valid: ${sentences(error)}`,
      hint: 'Nothing was written. Correct the arguments.',
      cause: error,
    });
  }
}

const sentences = (error: UserError | UserErrors): string =>
  (error instanceof UserErrors ? error.errors : [error])
    .map(({location, message}) => (location?.path ? `${location.path} ${message}` : message))
    .join('; ');

import {access} from 'node:fs/promises';
import {join} from 'node:path';
import type {DoctorCheck} from './doctor.ts';
import {type OpenedProject, openProject, openProjectOnly, type StackChoice} from './open-project.ts';
import {openStateAndSecrets} from './session.ts';
import {NiyantaError, UserError, UserErrors} from './spec/errors.ts';
import {namesOf, secretUses} from './spec/secret-uses.ts';
import type {Stack} from './spec/stack.ts';
import type {SecretOrigin, Secrets} from './state/secrets.ts';

/** The files as far as they could be read. */
export type OpenedFiles = OpenedProject & {readonly stack?: Stack};

/** Whether niyanta.yaml, the stack, the lock file and the secrets can be read; what was read goes to the other checks. */
export async function checkFiles(
  choice: StackChoice,
): Promise<{readonly checks: DoctorCheck[]; readonly opened?: OpenedFiles}> {
  const checks: DoctorCheck[] = [];
  const opened = await tried(
    'niyanta.yaml',
    checks,
    () => openProjectOnly(choice),
    ({project}) => project.file,
  );
  if (!opened) return {checks};
  const {project} = opened;
  const stack = await stackOf(choice, project.directory, checks);
  const reach = {hosts: opened.hosts, ssh: {env: choice.env}, env: choice.env};
  const {store, secrets} = await openStateAndSecrets(project, choice.environment ?? 'default', reach);
  await tried(
    'lock file',
    checks,
    () => store.read(),
    ({serial}) => (serial === 0 ? 'none yet' : `serial ${serial}`),
  );
  const used = stack ? namesOf(secretUses(stack)) : [];
  await tried(
    'secrets',
    checks,
    () => secretsSet(secrets, used),
    origins => `${origins.length} set`,
  );
  await store.close();
  return {checks, opened: {...opened, ...(stack ? {stack} : {})}};
}

/** The secrets that are set. Errors: those of the file, and `secret-missing` for what the stack uses. */
async function secretsSet(secrets: Secrets, used: readonly string[]): Promise<readonly SecretOrigin[]> {
  await secrets.values(used);
  return secrets.origins();
}

async function stackOf(choice: StackChoice, directory: string, checks: DoctorCheck[]): Promise<Stack | undefined> {
  const told = (choice.files?.length ?? 0) > 0;
  const there = await access(join(directory, 'stack.yaml')).then(
    () => true,
    () => false,
  );
  if (!told && !there) {
    const fix = 'niyanta init writes one; -f names another file.';
    checks.push({subject: 'files', check: 'stack.yaml', status: 'warning', found: 'there is none', fix});
    return undefined;
  }
  const check = told ? choice.files!.join(', ') : 'stack.yaml';
  const opened = await tried(
    check,
    checks,
    () => openProject(choice),
    ({stack}) => `${stack.services.length} services`,
  );
  return opened?.stack;
}

async function tried<T>(
  check: string,
  checks: DoctorCheck[],
  read: () => Promise<T>,
  found: (value: T) => string,
): Promise<T | undefined> {
  try {
    const value = await read();
    checks.push({subject: 'files', check, status: 'ok', found: found(value)});
    return value;
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    const errors = error instanceof UserErrors ? error.errors : [error];
    checks.push(
      ...errors.map(
        (each): DoctorCheck => ({
          subject: 'files',
          check,
          status: 'failed',
          found: `${place(each)}${each.message}`,
          fix: each.hint ?? 'Correct the file; niyanta validate shows the lines.',
        }),
      ),
    );
    return undefined;
  }
}

function place(error: NiyantaError): string {
  if (!(error instanceof UserError) || !error.location) return '';
  const {file, line, column} = error.location;
  return `${file}:${line}:${column} `;
}

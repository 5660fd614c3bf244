import {mkdir, writeFile} from 'node:fs/promises';
import nodePath from 'node:path';
import {UserError} from './spec/errors.ts';
import {dnsName} from './spec/names.ts';
import type {Project} from './spec/project.ts';
import {starterTemplate} from './spec/starter-files.ts';

/**
 * Writes a template to begin with into the project's templates/. Errors: UserError `invalid-name`, `exists`.
 */
export async function newTemplate(
  project: Project,
  name: string,
): Promise<{readonly template: string; readonly file: string}> {
  const {success, error} = dnsName('a template').safeParse(name);
  if (!success) {
    throw new UserError({code: 'invalid-name', message: `${JSON.stringify(name)} ${error.issues[0]!.message}`});
  }
  const file = nodePath.join(project.directory, 'templates', `${name}.yaml`);
  await mkdir(nodePath.dirname(file), {recursive: true});
  await writeFile(file, starterTemplate(name), {flag: 'wx'}).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    const hint = `niyanta template show ${name}`;
    throw new UserError({code: 'exists', message: `there is a template ${name} in ${file} already`, hint, cause});
  });
  return {template: name, file};
}

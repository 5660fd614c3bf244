import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import nodePath from 'node:path';
import {showTemplate} from './show-template.ts';
import {UserError} from './spec/errors.ts';
import {jsonSchema, schemaKinds} from './spec/index.ts';
import {dnsName} from './spec/names.ts';
import {SCHEMA_FOLDER, type Starter, starterProject, starterStack, withIgnored} from './spec/starter-files.ts';

export interface InitResult {
  readonly directory: string;
  /** Relative to the directory. */
  readonly written: readonly string[];
}

/**
 * Writes niyanta.yaml, stack.yaml, the schemas that editors read, and .niyanta/ into .gitignore.
 * Errors: UserError `exists` when a file is there already and `force` is not given; nothing is written then.
 */
export async function initProject(directory: string, starter: Starter, force: boolean): Promise<InitResult> {
  checkName('a project', starter.name);
  for (const host of starter.hosts) checkName('a host', host.name);
  if (starter.lab !== undefined) checkName('a lab', starter.lab);
  const use = starter.template === undefined ? [] : await templateUse(directory, starter.template);
  const texts = {'niyanta.yaml': starterProject(starter), 'stack.yaml': starterStack(starter, use)};
  const present = await readdir(directory).catch((): string[] => []);
  const existing = Object.keys(texts).filter(name => present.includes(name));
  if (existing.length > 0 && !force) {
    const hint = '--force writes over them; niyanta validate checks what is there.';
    throw new UserError({code: 'exists', message: `${existing.join(' and ')} in ${directory} exist already`, hint});
  }
  await mkdir(nodePath.join(directory, SCHEMA_FOLDER), {recursive: true});
  for (const [name, text] of Object.entries(texts)) await writeFile(nodePath.join(directory, name), text);
  for (const kind of schemaKinds) {
    const file = nodePath.join(directory, SCHEMA_FOLDER, `${kind}.json`);
    await writeFile(file, `${JSON.stringify(jsonSchema(kind), null, 2)}\n`);
  }
  const ignore = nodePath.join(directory, '.gitignore');
  const ignored = present.includes('.gitignore') ? await readFile(ignore, 'utf8') : '';
  if (withIgnored(ignored) !== ignored) await writeFile(ignore, withIgnored(ignored));
  return {directory, written: [...Object.keys(texts), `${SCHEMA_FOLDER}/`, '.gitignore']};
}

function checkName(what: string, name: string): void {
  const {success, error} = dnsName(what).safeParse(name);
  if (success) return;
  throw new UserError({code: 'invalid-name', message: `${JSON.stringify(name)} ${error.issues[0]!.message}`});
}

/** The lines of a service that uses this template. Errors: UserError `unknown-template`. */
async function templateUse(directory: string, template: string): Promise<string[]> {
  const {example} = await showTemplate(template, undefined, {cwd: directory, env: {}});
  return example.split('\n').slice(1);
}

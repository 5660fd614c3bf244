import nodePath from 'node:path';
import {z} from 'zod';
import {checkShape} from './check-shape.ts';
import {documentsOf} from './documents.ts';
import {UserError} from './errors.ts';
import {type Files, unreadable} from './files.ts';
import {interpolate, type ParamValue, type Surroundings} from './interpolate.ts';
import {mergeTrees} from './merge-trees.ts';
import {paramValue} from './params.ts';
import type {Problems} from './problems.ts';
import {templateUse} from './service-schema.ts';
import {type ParamDeclaration, templateHeadSchema} from './stack-schema.ts';
import {didYouMean} from './suggest.ts';
import {entriesOf, errorAt, keyPlaceAt, type MapTree, type Path, placeAt, type Tree, treeAt, without} from './tree.ts';

const templateUseSchema = z.strictObject(templateUse);

/** Where templates are looked for, first to last: the project's own, then those that come with niyanta. */
export interface TemplatePlaces {
  readonly directories: readonly string[];
  readonly files: Files;
  /** How errors call a file. */
  readonly nameOf: (path: string) => string;
}

export interface ExpandedService {
  readonly service: MapTree;
  /** Entries for the stack's `volumes`. */
  readonly volumes: Tree | undefined;
}

/** A service made from its template, keys beside `template` winning. Undefined when that was not possible. */
export async function expandTemplate(
  service: MapTree,
  serviceName: string,
  places: TemplatePlaces,
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<ExpandedService | undefined> {
  const path = ['services', serviceName];
  const use = pick(service, Object.keys(templateUse));
  const wrong = checkShape(templateUseSchema, use, path);
  if (!wrong.value?.template) {
    problems.add(...wrong.errors);
    return undefined;
  }
  const template = await readTemplate(wrong.value.template, service, path, places, problems);
  if (!template) return undefined;
  const params = await templateParams(template, service, serviceName, around, problems);
  if (!params) return undefined;
  const fill = (key: string) => {
    const part = treeAt(template.tree, [key]);
    return part && interpolate(part, [key], {...around, params}, error => problems.add(error));
  };
  const body = await fill('service');
  const own = without(service, ...Object.keys(templateUse));
  const base = body?.kind === 'map' ? oneSource(body, own) : own;
  return {service: mergeTrees(base, own) as MapTree, volumes: await fill('volumes')};
}

const SOURCES = ['build', 'archive', 'image'];

/** An image has one source: what the service says beside its template, else build before archive before image. */
function oneSource(body: MapTree, own: MapTree): MapTree {
  const chosen = SOURCES.find(key => own.entries.has(key)) ?? SOURCES.find(key => body.entries.has(key));
  return without(body, ...SOURCES.filter(key => key !== chosen));
}

const pick = (tree: MapTree, keys: readonly string[]): MapTree =>
  without(tree, ...[...tree.entries.keys()].filter(key => !keys.includes(key)));

interface Template {
  readonly tree: MapTree;
  readonly name: string;
  readonly params: Readonly<Record<string, ParamDeclaration>>;
}

async function readTemplate(
  name: string,
  service: MapTree,
  path: Path,
  {directories, files, nameOf}: TemplatePlaces,
  problems: Problems,
): Promise<Template | undefined> {
  for (const directory of directories) {
    if (!(await files.list(directory)).includes(`${name}.yaml`)) continue;
    const file = nodePath.join(directory, `${name}.yaml`);
    const source = {name: nameOf(file), directory};
    const trees = await problems.gather(async () =>
      documentsOf('Template', {source, bytes: await read(files, file, source.name)}, problems),
    );
    if (!trees?.[0]) return undefined;
    const head = checkShape(templateHeadSchema, trees[0]);
    problems.add(...head.errors);
    return head.value && {tree: trees[0], name, params: head.value.params};
  }
  const lists = await Promise.all(directories.map(files.list));
  const known = [...new Set(lists.flat())]
    .filter(file => file.endsWith('.yaml'))
    .map(file => file.slice(0, -5))
    .sort();
  const message = `there is no template ${JSON.stringify(name)}${didYouMean(name, known)}`;
  const hint = known.length > 0 ? `Templates: ${known.join(', ')}.` : undefined;
  problems.add(
    errorAt(placeAt(service, ['template']), [...path, 'template'], {code: 'unknown-template', message, hint}),
  );
  return undefined;
}

async function read(files: Files, file: string, name: string): Promise<Uint8Array> {
  try {
    return await files.read(file);
  } catch (error) {
    const location = {file: name, line: 1, column: 1};
    throw new UserError({code: 'file-unreadable', message: unreadable(error), location, cause: error});
  }
}

/** Values by name: from `with`, else the default, in which `${service}` and earlier parameters may stand. */
async function templateParams(
  template: Template,
  service: MapTree,
  serviceName: string,
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<ReadonlyMap<string, ParamValue> | undefined> {
  const path = ['services', serviceName];
  const known = Object.keys(template.params);
  const given = new Map(entriesOf(service, 'with'));
  let complete = true;
  const wrong = (
    at: Parameters<typeof errorAt>[0],
    name: string[],
    code: string,
    message: string,
    hint?: string,
  ): void => {
    complete = false;
    problems.add(errorAt(at, [...path, ...name], {code, message, hint}));
  };
  for (const [name, {keyAt}] of given) {
    if (known.includes(name)) continue;
    const message = `the template ${template.name} has no such parameter${didYouMean(name, known)}`;
    wrong(keyAt, ['with', name], 'param-unknown', message, `Parameters: ${known.join(', ')}.`);
  }
  const values = new Map<string, ParamValue>([['service', serviceName]]);
  for (const [name, declared] of Object.entries(template.params)) {
    const written = given.get(name)?.value ?? (await defaultOf(template, name, values, around, problems));
    if (written?.kind === 'scalar' && written.value !== null) {
      const value = paramValue(declared, {value: written.value, text: written.text});
      if ('wrong' in value) wrong(written.at, ['with', name], 'param-invalid', value.wrong);
      else values.set(name, {...written, value: value.value, text: String(value.value)});
    } else if (declared.optional) values.set(name, undefined);
    else {
      const about = declared.description ? ` (${declared.description})` : '';
      const at = keyPlaceAt(service, given.size > 0 || service.entries.has('with') ? ['with'] : ['template']);
      wrong(at, ['with', name], 'param-missing', `the template ${template.name} needs this parameter${about}`);
    }
  }
  return complete ? values : undefined;
}

async function defaultOf(
  template: Template,
  name: string,
  values: Surroundings['params'],
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<Tree | undefined> {
  const path = ['params', name, 'default'];
  const written = treeAt(template.tree, path);
  return written && interpolate(written, path, {...around, params: values}, error => problems.add(error));
}

import nodePath from 'node:path';
import {checkShape} from './check-shape.ts';
import {documentsOf} from './documents.ts';
import {UserError} from './errors.ts';
import {type Files, unreadable} from './files.ts';
import type {ParamDeclaration} from './param-schema.ts';
import type {Problems} from './problems.ts';
import {didYouMean} from './suggest.ts';
import {templateHeadSchema} from './template-schema.ts';
import {errorAt, keyPlaceAt, type MapTree, type Path, type Place} from './tree.ts';

/** Where templates are looked for, first to last: the project's own, then those that come with niyanta. */
export interface TemplatePlaces {
  readonly directories: readonly string[];
  readonly files: Files;
  /** How errors call a file. */
  readonly nameOf: (path: string) => string;
  /** Repositories of niyanta.yaml, by name. */
  readonly repositories?: readonly string[];
  /** The folder of a repository's templates, here; fetched when it is not yet. Errors: UserError, OutsideError. */
  readonly fetch?: (repository: string) => Promise<string>;
}

/** A template before its parameters are put in. */
export interface Template {
  readonly tree: MapTree;
  /** As a stack calls it: `web`, `acme/web`. */
  readonly name: string;
  readonly description?: string;
  readonly params: Readonly<Record<string, ParamDeclaration>>;
}

/** The template of this name; undefined when there is none, or when it is none, which `problems` then knows. */
export async function findTemplate(
  name: string,
  at: Place,
  path: Path,
  places: TemplatePlaces,
  problems: Problems,
): Promise<Template | undefined> {
  const [own, repository] = name.split('/').reverse() as [string, string | undefined];
  const wrong = (code: string, message: string, hint?: string): undefined => {
    problems.add(errorAt(at, path, {code, message, hint}));
    return undefined;
  };
  if (repository !== undefined && !places.repositories?.includes(repository)) {
    const meant = didYouMean(repository, places.repositories ?? []);
    const hint = `Name it in niyanta.yaml: templates: {${repository}: {git: https://…, commit: …}}`;
    return wrong(
      'unknown-repository',
      `there is no repository ${JSON.stringify(repository)} of templates${meant}`,
      hint,
    );
  }
  const directories = repository === undefined ? places.directories : [await places.fetch!(repository)];
  for (const directory of directories) {
    if ((await places.files.list(directory)).includes(`${own}.yaml`)) {
      return readTemplate(name, nodePath.join(directory, `${own}.yaml`), places, problems);
    }
  }
  const known = await templateNames(directories, places.files);
  const hint = known.length > 0 ? `Templates: ${known.join(', ')}.` : undefined;
  return wrong('unknown-template', `there is no template ${JSON.stringify(name)}${didYouMean(own, known)}`, hint);
}

/** Names of the templates in these folders, in order. */
export async function templateNames(directories: readonly string[], files: Files): Promise<string[]> {
  const lists = await Promise.all(directories.map(files.list));
  const names = lists.flat().filter(file => file.endsWith('.yaml'));
  return [...new Set(names)].map(file => file.slice(0, -5)).sort();
}

/** A template's file, its head checked; undefined when it is wrong, which `problems` then knows. */
export async function readTemplate(
  name: string,
  file: string,
  {files, nameOf}: Pick<TemplatePlaces, 'files' | 'nameOf'>,
  problems: Problems,
): Promise<Template | undefined> {
  const source = {name: nameOf(file), directory: nodePath.dirname(file)};
  const trees = await problems.gather(async () =>
    documentsOf('Template', {source, bytes: await read(files, file, source.name)}, problems),
  );
  const tree = trees?.[0];
  if (!tree) return undefined;
  const head = checkShape(templateHeadSchema, tree);
  problems.add(...head.errors);
  if (!head.value) return undefined;
  if ((head.value.service === undefined) === (head.value.services === undefined)) {
    const both = head.value.service !== undefined;
    const message = both ? 'cannot stand beside service: write all of them under services' : 'is required and missing';
    const key = both ? 'services' : 'service';
    problems.add(errorAt(keyPlaceAt(tree, [key]), [key], {code: both ? 'conflict' : 'missing', message}));
    return undefined;
  }
  const {description, params} = head.value;
  return {tree, name, params, ...(description !== undefined && {description})};
}

async function read(files: Files, file: string, name: string): Promise<Uint8Array> {
  try {
    return await files.read(file);
  } catch (error) {
    const location = {file: name, line: 1, column: 1};
    throw new UserError({code: 'file-unreadable', message: unreadable(error), location, cause: error});
  }
}

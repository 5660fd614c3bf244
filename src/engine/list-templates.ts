import nodePath from 'node:path';
import {builtInTemplates, type ProjectLocation, templatePlaces} from './open-project.ts';
import {NiyantaError, type UserError} from './spec/errors.ts';
import {readTemplate, type TemplatePlaces, templateNames} from './spec/find-template.ts';
import {Problems} from './spec/problems.ts';
import type {Project} from './spec/project.ts';

/** A template as `template ls` shows it. */
export interface TemplateRow {
  /** As a stack calls it. */
  readonly template: string;
  /** `built-in`, `project`, or the address and commit of a repository. */
  readonly from: string;
  readonly description?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
  /** The project has one of this name, which is used in its place. */
  readonly shadowed: boolean;
}

/** Every template that the project's stacks may use: its own, those of its repositories, those that come with niyanta. */
export async function listTemplates(project: Project | undefined, at: ProjectLocation): Promise<TemplateRow[]> {
  const places = templatePlaces(project ?? {directory: at.cwd, templates: {}}, at);
  const ownDirectory = project && nodePath.join(project.directory, 'templates');
  const own = ownDirectory ? await rowsOf(ownDirectory, {from: 'project'}, places) : [];
  const builtIn = await rowsOf(builtInTemplates, {from: 'built-in'}, places);
  const taken = own.map(row => row.template);
  const rows = [...own, ...builtIn.map(row => ({...row, shadowed: taken.includes(row.template)}))];
  for (const [name, {git, commit}] of Object.entries(project?.templates ?? {})) {
    rows.push(...(await rowsOfRepository(name, `${git} ${commit.slice(0, 12)}`, places)));
  }
  return rows;
}

async function rowsOfRepository(name: string, from: string, places: TemplatePlaces): Promise<TemplateRow[]> {
  try {
    return await rowsOf(await places.fetch!(name), {from, prefix: `${name}/`}, places);
  } catch (error) {
    if (!(error instanceof NiyantaError)) throw error;
    return [{template: `${name}/*`, from, problem: error.message, shadowed: false}];
  }
}

/** `templates/web.yaml:3:7 params.port: unknown key`. */
function placedText({location, message}: UserError): string {
  if (!location) return message;
  const path = location.path === undefined ? '' : ` ${location.path}`;
  return `${location.file}:${location.line}:${location.column}${path}: ${message}`;
}

async function rowsOf(
  directory: string,
  {from, prefix = ''}: {from: string; prefix?: string},
  places: TemplatePlaces,
): Promise<TemplateRow[]> {
  const names = await templateNames([directory], places.files);
  return Promise.all(
    names.map(async name => {
      const problems = new Problems();
      const template = await readTemplate(name, nodePath.join(directory, `${name}.yaml`), places, problems);
      const problem = problems.first ? placedText(problems.first) : template ? undefined : 'holds no template';
      return {
        template: prefix + name,
        from,
        ...(template?.description !== undefined && {description: template.description}),
        ...(problem !== undefined && {problem}),
        shadowed: false,
      };
    }),
  );
}

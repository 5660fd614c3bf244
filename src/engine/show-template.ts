import {type ProjectLocation, templatePlaces} from './open-project.ts';
import {UserError} from './spec/errors.ts';
import {findTemplate, type Template} from './spec/find-template.ts';
import type {ParamDeclaration, ParamType} from './spec/param-schema.ts';
import {form, paramType} from './spec/params.ts';
import {Problems} from './spec/problems.ts';
import type {Project} from './spec/project.ts';
import {entriesOf, type Place} from './spec/tree.ts';

/** A template as `template show` tells it. */
export interface TemplateDoc {
  readonly template: string;
  readonly file: string;
  readonly description?: string;
  readonly params: readonly ParamDoc[];
  /** Names of what it makes, for a service called as in the example. */
  readonly services: readonly string[];
  /** A service that uses it, as lines of a stack. */
  readonly example: string;
}

export interface ParamDoc {
  readonly name: string;
  readonly type: ParamType;
  /** What its values look like: `a whole number from 1 to 100`. */
  readonly form: string;
  readonly required: boolean;
  /** As it would be written. */
  readonly default?: string;
  readonly allowed?: readonly string[];
  readonly description?: string;
}

/** A template with its parameters and an example. Errors: UserError `unknown-template`, and what is wrong in its file. */
export async function showTemplate(
  name: string,
  project: Project | undefined,
  at: ProjectLocation,
): Promise<TemplateDoc> {
  const problems = new Problems();
  const place: Place = {source: {name: 'niyanta template show', directory: at.cwd}, line: 1, column: 1};
  const places = templatePlaces(project ?? {directory: at.cwd, templates: {}}, at);
  const template = await findTemplate(name, place, [], places, problems);
  if (!template) throw withoutPlace(problems.first!, place);
  const service = name.split('/').at(-1)!;
  return {
    template: name,
    file: template.tree.at.source.name,
    ...(template.description !== undefined && {description: template.description}),
    params: Object.entries(template.params).map(([param, declared]) => paramDoc(param, declared)),
    services: servicesOf(template).map(each => each.replaceAll('${service}', service)),
    example: exampleOf(template, service),
  };
}

/** An error about the name that was typed stands in no file. */
const withoutPlace = (error: UserError, {source}: Place): UserError => {
  const {code, message, hint} = error;
  return error.location?.file === source.name ? new UserError({code, message, hint}) : error;
};

const servicesOf = ({tree}: Template): string[] =>
  tree.entries.has('services') ? entriesOf(tree, 'services').map(([name]) => name) : ['${service}'];

function paramDoc(name: string, declared: ParamDeclaration): ParamDoc {
  const {portion, description, allowed} = declared;
  const of = portion && `${portion.factor} × ${portion.of}`;
  const fallback =
    declared.default === undefined ? undefined : JSON.stringify(declared.default).replace(/^"(.*)"$/, '$1');
  const told = of === undefined ? fallback : fallback === undefined ? of : `${of}, else ${fallback}`;
  return {
    name,
    type: paramType(declared),
    form: form(declared),
    required: declared.default === undefined && !declared.optional,
    ...(told !== undefined && {default: told}),
    ...(allowed && {allowed: allowed.map(String)}),
    ...(description !== undefined && {description}),
  };
}

/** With the parameters that have to be given, and those that have an example. */
function exampleOf({name, params}: Template, service: string): string {
  const shown = Object.entries(params).filter(
    ([, declared]) => declared.example !== undefined || (declared.default === undefined && !declared.optional),
  );
  const values = shown.map(([param, declared]) => `      ${param}: ${JSON.stringify(declared.example ?? '…')}`);
  const use = values.length > 0 ? ['    with:', ...values] : [];
  return ['services:', `  ${service}:`, `    template: ${name}`, ...use].join('\n');
}

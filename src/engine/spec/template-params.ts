import type {Template} from './find-template.ts';
import {interpolate, type ParamValue, type Scalar, type Surroundings} from './interpolate.ts';
import type {ParamDeclaration} from './param-schema.ts';
import {form, type GivenValue, paramValue} from './params.ts';
import type {Problems} from './problems.ts';
import {portionOf} from './stack-params.ts';
import {didYouMean} from './suggest.ts';
import {entriesOf, errorAt, keyPlaceAt, type MapTree, type Path, type Place, type Tree, treeAt} from './tree.ts';

/**
 * Values by name: from `with`, else a portion of another one, else the default, in which `${service}` and earlier
 * parameters may stand. Undefined when one is wrong or missing, which `problems` then knows.
 */
export async function templateParams(
  template: Template,
  service: MapTree,
  serviceName: string,
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<ReadonlyMap<string, ParamValue> | undefined> {
  const known = Object.keys(template.params);
  const given = new Map(entriesOf(service, 'with'));
  let complete = true;
  const wrong = (at: Place, name: string, code: string, message: string, hint?: string): void => {
    complete = false;
    problems.add(errorAt(at, ['services', serviceName, 'with', name], {code, message, hint}));
  };
  for (const [name, {keyAt}] of given) {
    if (known.includes(name)) continue;
    const message = `the template ${template.name} has no such parameter${didYouMean(name, known)}`;
    wrong(keyAt, name, 'param-unknown', message, `Parameters: ${known.join(', ')}.`);
  }
  const values = new Map<string, ParamValue>([['service', serviceName]]);
  for (const [name, declared] of Object.entries(template.params)) {
    const own = given.get(name)?.value;
    const part = own ? undefined : portionOf(declared, template.params, values);
    const written = own ?? (part === undefined ? await defaultOf(template, name, values, around, problems) : undefined);
    const value = written && givenValue(written);
    if (part !== undefined) values.set(name, part);
    else if (written && value) {
      const checked = paramValue(declared, value);
      if ('wrong' in checked) {
        wrong(written.at, name, 'param-invalid', checked.wrong, `niyanta template show ${template.name}`);
      } else values.set(name, placed(written, checked.value));
    } else if (declared.optional) values.set(name, undefined);
    else {
      const at = keyPlaceAt(service, given.size > 0 || service.entries.has('with') ? ['with'] : ['template']);
      wrong(at, name, 'param-missing', `the template ${template.name} needs this parameter${about(declared)}`);
    }
  }
  return complete ? values : undefined;
}

function about(declared: ParamDeclaration): string {
  const type = form(declared);
  const said = [declared.description, type === 'a text' ? undefined : type].filter(part => part !== undefined);
  return said.length > 0 ? ` (${said.join('; ')})` : '';
}

/** Undefined for null. */
function givenValue(written: Tree): GivenValue | undefined {
  if (written.kind === 'scalar') return written.value === null ? undefined : {value: written.value, text: written.text};
  if (written.kind === 'map') return undefined;
  const items = written.items.flatMap(item => (item.kind === 'scalar' && item.value !== null ? [item.value] : []));
  return {value: items, text: items.join(',')};
}

/** The value, at the place where it was written, for errors that its use brings. */
function placed(written: Tree, value: Scalar | readonly Scalar[]): ParamValue {
  if (written.kind === 'list' || typeof value === 'object')
    return written.kind === 'list' ? written : (value as Scalar[]);
  return written.kind === 'scalar' ? {...written, value, text: String(value)} : undefined;
}

async function defaultOf(
  template: Template,
  name: string,
  values: Surroundings['params'],
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<Tree | undefined> {
  const path: Path = ['params', name, 'default'];
  const written = treeAt(template.tree, path);
  return written && interpolate(written, path, {...around, params: values}, error => problems.add(error));
}

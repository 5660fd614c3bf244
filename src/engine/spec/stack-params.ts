import {checkShape} from './check-shape.ts';
import {UserError} from './errors.ts';
import {interpolate, type ParamValue, type Scalar, type Surroundings} from './interpolate.ts';
import {type ParamDeclaration, paramsSchema} from './param-schema.ts';
import {type GivenValue, paramType, paramValue, paramVariable, portion} from './params.ts';
import type {Problems} from './problems.ts';
import {didYouMean} from './suggest.ts';
import {errorAt, keyPlaceAt, type MapTree, treeAt} from './tree.ts';

interface Given {
  readonly params: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Values of the stack's parameters: `--param` before NIYANTA_PARAM_<NAME> before the default. */
export async function stackParams(
  stack: MapTree,
  given: Given,
  around: Omit<Surroundings, 'params'>,
  problems: Problems,
): Promise<ReadonlyMap<string, ParamValue>> {
  const written = treeAt(stack, ['params']);
  const tree =
    written && (await interpolate(written, ['params'], {...around, params: new Map()}, e => problems.add(e)));
  const checked = tree ? checkShape(paramsSchema, tree, ['params']) : undefined;
  problems.add(...(checked?.errors ?? []));
  const declared = checked?.value ?? {};
  const names = written?.kind === 'map' ? [...written.entries.keys()] : [];
  for (const name of Object.keys(given.params).filter(name => !names.includes(name))) {
    const message = `--param ${name}: the stack has no such parameter${didYouMean(name, names)}`;
    const hint = names.length > 0 ? `Parameters: ${names.join(', ')}.` : 'Declare it under params in the stack.';
    problems.add(new UserError({code: 'param-unknown', message, hint}));
  }
  // Wrong declarations were told above; their names stay known, so that their uses are not told as well.
  const values = new Map<string, ParamValue>(names.map(name => [name, null]));
  for (const [name, declaration] of Object.entries(declared)) {
    const part = portionOf(declaration, declared, values);
    const declaredHere = part === undefined ? declaration : {...declaration, default: part};
    values.set(name, resolved(name, declaredHere, given, stack, problems));
  }
  return values;
}

function resolved(name: string, declared: ParamDeclaration, given: Given, stack: MapTree, problems: Problems) {
  const path = ['params', name];
  // Names are people's: `toString` is one, and no value of it was given.
  const flag = Object.hasOwn(given.params, name) ? given.params[name] : undefined;
  const text = flag ?? given.env[paramVariable(name)];
  if (text === undefined && declared.default === undefined) {
    if (declared.optional) return undefined;
    const about = declared.description ? ` (${declared.description})` : '';
    const hint = `Give it with --param ${name}=… or ${paramVariable(name)}=…`;
    const parts = {code: 'param-missing', message: `this parameter has no value${about}`, hint};
    problems.add(errorAt(keyPlaceAt(stack, path), path, parts));
    return null;
  }
  const value = paramValue(declared, text === undefined ? withText(declared.default!) : {value: text, text});
  if ('value' in value) return value.value;
  if (text === undefined) {
    const at = [...path, 'default'];
    problems.add(errorAt(keyPlaceAt(stack, at), at, {code: 'param-invalid', message: value.wrong}));
  } else {
    const from = flag === undefined ? paramVariable(name) : `--param ${name}`;
    problems.add(new UserError({code: 'param-invalid', message: `${from}: ${value.wrong}`}));
  }
  return null;
}

const withText = (value: GivenValue['value']): GivenValue => ({value, text: String(value)});

/** What a parameter with a `portion` comes to; undefined when the other one has no value. */
export function portionOf(
  declaration: ParamDeclaration,
  declared: Readonly<Record<string, ParamDeclaration>>,
  values: ReadonlyMap<string, ParamValue>,
): Scalar | undefined {
  const of = declaration.portion?.of;
  const other = of === undefined ? undefined : declared[of];
  const value = of === undefined ? undefined : values.get(of);
  const plain =
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'scalar' ? value.value : value;
  if (!other || plain === undefined || plain === null || typeof plain === 'object') return undefined;
  return portion(declaration, {type: paramType(other), value: plain});
}

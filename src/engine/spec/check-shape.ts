import type {z} from 'zod';
import type {UserError} from './errors.ts';
import {isWhat, plainMessage} from './plain-words.ts';
import {core, definitionOf, keysOf, type Schema, schemaAt, takesText} from './schema-walk.ts';
import {didYouMean} from './suggest.ts';
import {errorAt, keyPlaceAt, type Path, placeAt, type Tree, toValue} from './tree.ts';

export interface Checked<T> {
  /** Absent when there are errors. */
  readonly value?: T;
  readonly errors: readonly UserError[];
}

/** A tree against a schema: the typed value, or every error with its place. `prefix` is where the tree stands. */
export function checkShape<S extends z.ZodType>(schema: S, tree: Tree, prefix: Path = []): Checked<z.output<S>> {
  const wantsText = (path: Path): boolean => {
    const there = schemaAt(schema, path);
    return there !== undefined && takesText(there);
  };
  const result = schema.safeParse(toValue(tree, wantsText), {error: plainMessage, reportInput: true});
  if (result.success) return {value: result.data, errors: []};
  return {errors: result.error.issues.flatMap(issue => issueErrors(issue, {schema, tree, prefix}, []))};
}

interface Context {
  readonly schema: Schema;
  readonly tree: Tree;
  readonly prefix: Path;
}

type Issue = z.core.$ZodIssue;

function issueErrors(issue: Issue, context: Context, around: Path): UserError[] {
  const {tree, prefix} = context;
  const path = [...around, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') {
    const there = schemaAt(context.schema, path);
    const known = there ? keysOf(there) : [];
    return issue.keys.map(key => {
      const meant = didYouMean(key, known);
      const hint = meant === '' && known.length > 0 ? `Known keys: ${known.join(', ')}.` : undefined;
      const parts = {code: 'unknown-key', message: `unknown key${meant}`, hint};
      return errorAt(keyPlaceAt(tree, [...path, key]), [...prefix, ...path, key], parts);
    });
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? 'cannot be a key';
    return [errorAt(keyPlaceAt(tree, path), [...prefix, ...path], {code: 'invalid-name', message})];
  }
  if (issue.code === 'invalid_union') return unionErrors(issue, context, path);
  const place = placeAt(tree, path);
  const missing = issue.input === undefined && issue.code !== 'custom';
  const code = missing ? 'missing' : issue.code === 'invalid_type' ? 'wrong-type' : 'invalid-value';
  return [errorAt(place, [...prefix, ...path], {code, message: issue.message})];
}

/** The errors of the one form that was meant, or what the forms are. */
function unionErrors(issue: Issue & {code: 'invalid_union'}, context: Context, path: Path): UserError[] {
  const meant = issue.errors.filter(
    issues => !issues.some(each => each.code === 'invalid_type' && each.path.length === 0),
  );
  if (meant.length === 1) return meant[0]!.flatMap(each => issueErrors(each as Issue, context, path));
  const there = schemaAt(context.schema, path);
  const forms = there
    ? (definitionOf(core(there)).options ?? []).map(option => FORMS[definitionOf(core(option)).type])
    : [];
  const message = `must be ${[...new Set(forms)].join(' or ')}, ${isWhat(issue.input)}`;
  return [errorAt(placeAt(context.tree, path), [...context.prefix, ...path], {code: 'wrong-type', message})];
}

const FORMS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
};

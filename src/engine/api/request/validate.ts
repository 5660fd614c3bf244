import type {FastifySchemaCompiler} from 'fastify';
import type {z} from 'zod';
import {invalidRequest, type Wrong} from '../../coordinator/access/index.ts';
import {plainMessage} from '../../spec/plain-words.ts';

/** A part of a request against its schema: every error at once, in the words that files are checked with. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({schema, httpPart}) =>
  value => {
    // A request without a body where one may be left out: the schema says what that means.
    const result = schema.safeParse(value ?? undefined, {error: plainMessage, reportInput: true});
    if (result.success) return {value: result.data};
    const inBody = httpPart === undefined || httpPart === 'body';
    return {error: invalidRequest(result.error.issues.flatMap(issue => wrongOf(issue, inBody)))};
  };

function wrongOf(issue: z.core.$ZodIssue, inBody: boolean): readonly Wrong[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key =>
      placed({detail: 'is not known here', code: 'unknown-key'}, [...issue.path, key], inBody),
    );
  }
  const missing = issue.code !== 'custom' && issue.input === undefined;
  const code = missing ? 'missing' : issue.code === 'invalid_type' ? 'wrong-type' : 'invalid-value';
  return [placed({detail: issue.message, code}, issue.path, inBody)];
}

const placed = (wrong: Wrong, path: readonly PropertyKey[], inBody: boolean): Wrong =>
  inBody ? {...wrong, path} : {...wrong, parameter: String(path[0] ?? '')};

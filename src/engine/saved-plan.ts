import {readFile, writeFile} from 'node:fs/promises';
import {z} from 'zod';
import type {Plan} from './planner/plan.ts';
import {UserError} from './spec/errors.ts';

/** How the plan was asked for, so that apply asks the same way. */
export interface PlanRequest {
  readonly file?: readonly string[];
  readonly env: string;
  readonly param?: readonly string[];
  readonly target?: readonly string[];
  readonly locked: boolean;
}

/** What `plan -o` writes: what was reviewed, to be compared before it is applied. */
export interface SavedPlan {
  readonly version: 1;
  readonly request: PlanRequest;
  readonly plan: Plan;
}

const schema = z.looseObject({
  version: z.literal(1),
  request: z.looseObject({
    file: z.array(z.string()).optional(),
    env: z.string(),
    param: z.array(z.string()).optional(),
    target: z.array(z.string()).optional(),
    locked: z.boolean(),
  }),
  plan: z.looseObject({
    version: z.literal(1),
    serial: z.number(),
    fingerprint: z.string(),
    operations: z.array(z.unknown()),
  }),
});

/** Writes a plan to a file that only its owner reads. A stack from standard input cannot be read again, so it is refused. */
export async function savePlan(plan: Plan, request: PlanRequest, path: string): Promise<void> {
  if (request.file?.includes('-')) {
    throw new UserError({
      code: 'plan-of-stdin',
      message: 'a plan of a stack from standard input cannot be saved: apply could not read the stack again',
      hint: 'Write the stack to a file and give that with -f.',
    });
  }
  const saved: SavedPlan = {version: 1, request, plan};
  await writeFile(path, `${JSON.stringify(saved, null, 2)}\n`, {mode: 0o600}).catch(cause => {
    throw new UserError({code: 'plan-not-saved', message: `cannot write ${path}: ${cause.message}`, cause, exit: 1});
  });
}

/** Reads what `plan -o` wrote. Errors: UserError `plan-file-invalid`. */
export async function loadPlan(path: string): Promise<SavedPlan> {
  const invalid = (why: string, cause?: unknown) =>
    new UserError({
      code: 'plan-file-invalid',
      message: `${path}: ${why}`,
      hint: 'Make a plan file with: niyanta plan -o plan.json',
      cause,
    });
  const text = await readFile(path, 'utf8').catch(cause => {
    throw invalid(cause.code === 'ENOENT' ? 'there is no such file' : cause.message, cause);
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw invalid('this is not a plan file: it is not JSON', cause);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw invalid('this is not a plan file of this version of niyanta', parsed.error);
  return parsed.data as unknown as SavedPlan;
}

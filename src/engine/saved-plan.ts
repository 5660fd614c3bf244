import {createHash} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import {z} from 'zod';
import {canonical} from './planner/canonical.ts';
import type {Plan} from './planner/plan.ts';
import {UserError} from './spec/errors.ts';
import {Exit} from './spec/exit-codes.ts';

/** How the plan was asked for, so that apply asks the same way; relative paths from the folder it was made in. */
export interface PlanRequest {
  readonly project?: string;
  readonly file?: readonly string[];
  readonly env: string;
  readonly param?: readonly string[];
  readonly target?: readonly string[];
  readonly pull: boolean;
  readonly locked: boolean;
  readonly moveLost?: boolean;
}

/** What `plan -o` writes: what was reviewed, to be compared before it is applied. */
export interface SavedPlan {
  readonly version: 1;
  readonly request: PlanRequest;
  readonly plan: Plan;
  /** SHA-256 of request and plan: a file that was cut, merged or edited is not what somebody looked at. */
  readonly checksum: string;
}

const schema = z.looseObject({
  version: z.literal(1),
  request: z.looseObject({
    project: z.string().optional(),
    file: z.array(z.string()).optional(),
    env: z.string(),
    param: z.array(z.string()).optional(),
    target: z.array(z.string()).optional(),
    pull: z.boolean(),
    locked: z.boolean(),
    moveLost: z.boolean().optional(),
  }),
  plan: z.looseObject({
    version: z.literal(1),
    serial: z.number(),
    fingerprint: z.string(),
    operations: z.array(z.unknown()),
  }),
  checksum: z.string(),
});

const checksumOf = (request: unknown, plan: unknown): string =>
  `sha256:${createHash('sha256')
    .update(canonical([request, plan]))
    .digest('hex')}`;

/** Writes a plan to a file that only its owner reads. A stack from standard input cannot be read again, so it is refused. */
export async function savePlan(plan: Plan, request: PlanRequest, path: string): Promise<void> {
  if (request.file?.includes('-')) {
    throw new UserError({
      code: 'plan-of-stdin',
      message: 'a plan of a stack from standard input cannot be saved: apply could not read the stack again',
      hint: 'Write the stack to a file and give that with -f.',
    });
  }
  const {project, file, env, param, target, pull, locked, moveLost} = request;
  const kept: PlanRequest = {project, file, env, param, target, pull, locked, ...(moveLost && {moveLost})};
  const saved: SavedPlan = {version: 1, request: kept, plan, checksum: checksumOf(kept, plan)};
  await writeFile(path, `${JSON.stringify(saved, null, 2)}\n`, {mode: 0o600}).catch(cause => {
    throw new UserError({
      code: 'plan-not-saved',
      message: `cannot write ${path}: ${cause.message}`,
      hint: 'Give -o a file in a folder that exists and can be written to.',
      cause,
      exit: Exit.failed,
    });
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
  if (parsed.data.checksum !== checksumOf(parsed.data.request, parsed.data.plan)) {
    throw invalid('this plan was changed after it was saved, so it is not what was looked at');
  }
  return parsed.data as unknown as SavedPlan;
}

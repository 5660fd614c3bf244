import type {OperationRow} from '../executor/run-rows.ts';
import type {Operation, Plan} from '../planner/plan.ts';
import {type NiyantaError, OutsideError, UserError, UserErrors} from '../spec/errors.ts';
import type {ServicePlaces} from '../spec/index.ts';
import type {Annotation} from './github-commands.ts';
import {driftText} from './operation-words.ts';
import {duration} from './quantities-view.ts';

/** Lines of a log that fit beside a line of YAML. */
const LOG_LINES = 10;

/** Every error of an error, at its place where it has one. */
export function errorAnnotations(error: NiyantaError): Annotation[] {
  if (error instanceof UserErrors) return error.errors.flatMap(errorAnnotations);
  const location = error instanceof UserError ? error.location : undefined;
  const path = location?.path === undefined ? '' : `${location.path}: `;
  const outside = error instanceof OutsideError ? [error.command, ...(error.lastLines ?? []).slice(-LOG_LINES)] : [];
  const lines = [`${path}${error.message}`, ...outside, error.hint].filter(line => line !== undefined);
  return [{level: 'error', title: error.code, message: lines.join('\n'), ...(location && {location})}];
}

/** What is worth knowing about a plan, at the lines of the services that it is about. */
export function planAnnotations(plan: Plan, places: ServicePlaces): Annotation[] {
  const drift = [...Map.groupBy(plan.drift, ({service}) => service)].map(
    ([service, all]): Annotation => ({
      level: 'warning',
      title: `drift of ${service ?? 'the network'}`,
      message: all.map(driftText).join('\n'),
      location: service === undefined ? undefined : places.get(service),
    }),
  );
  const warnings = plan.warnings.map((message): Annotation => ({level: 'warning', title: 'plan', message}));
  const interruptions = plan.interruption.map(
    ({service, expectedMs, because}): Annotation => ({
      level: 'notice',
      title: `interruption of ${service}`,
      message: `for about ${duration(expectedMs)}: ${because}`,
      location: places.get(service),
    }),
  );
  const security = (plan.security ?? []).map(
    ({service, text}): Annotation => ({
      level: 'warning',
      title: `security of ${service}`,
      message: `${service} ${text}`,
      location: places.get(service),
    }),
  );
  return [...drift, ...warnings, ...security, ...interruptions];
}

/** What failed, at the line of its service, and what was left behind. */
export function failureAnnotations(
  {operations}: Plan,
  rows: readonly OperationRow[],
  leftovers: readonly string[],
  places: ServicePlaces,
): Annotation[] {
  const known = new Map(operations.map(operation => [operation.id, operation]));
  const failures = rows
    .filter(({error}) => error !== undefined)
    .map((row): Annotation => failure(row, known.get(row.id), places));
  return [...failures, ...leftovers.map((message): Annotation => ({level: 'error', title: 'left behind', message}))];
}

function failure(
  {id, title, error, log}: OperationRow,
  operation: Operation | undefined,
  places: ServicePlaces,
): Annotation {
  const service = operation?.service;
  const lines = [error!.message, ...(log ?? []).slice(-LOG_LINES)];
  return {
    level: 'error',
    title: `failed: ${title ?? id}`,
    message: lines.join('\n'),
    location: service === undefined ? undefined : places.get(service),
  };
}

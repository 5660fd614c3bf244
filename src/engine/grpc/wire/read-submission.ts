import type {Variant} from '../../coordinator/requests/read-variants.ts';
import type {WrittenSubmission} from '../../coordinator/requests/submissions.ts';
import type {Predecessor, SentFiles, Submission, Variant as Submitted} from '../messages.d.ts';
import {missing, workloadId, wrong} from './read-fields.ts';
import {objectOf, timeOf} from './well-known.ts';

type Path = readonly (string | number)[];

const MOST_VARIANTS = 20;
const MOST_PREDECESSORS = 100;
const ENDS = ['success', 'failure', 'always'] as const;

/** A submission, its form checked. Errors: Refusal 400. */
export const writtenOf = (
  {workload, inputs, sent, after, notBefore}: Submission,
  path: readonly (string | number)[],
): WrittenSubmission => ({
  workload: objectOf(workload, [...path, 'workload']),
  inputs,
  ...(sent && {sent: sentFiles(sent, [...path, 'sent'])}),
  ...(after.length > 0 && {after: predecessors(after, [...path, 'after'])}),
  ...(notBefore && {notBefore: timeOf(notBefore, [...path, 'not_before'])}),
});

/** Versions of one workload. Errors: Refusal 400. */
export function variantsOf(variants: readonly Submitted[]): readonly Variant[] {
  if (variants.length < 2 || variants.length > MOST_VARIANTS) {
    throw wrong(['variants'], `must have 2 to ${MOST_VARIANTS} entries`);
  }
  const read = variants.map(({submission, weight}, index) => {
    const path = ['variants', index];
    if (!(weight >= 0 && weight <= 1_000_000)) throw wrong([...path, 'weight'], 'must be between 0 and 1,000,000');
    if (!submission) throw missing(...path, 'submission');
    return {submission: writtenOf(submission, [...path, 'submission']), weight};
  });
  if (read.every(({weight}) => weight === 0)) throw wrong(['variants'], 'need one with a weight above 0');
  return read;
}

/** What a submission says was sent before. Errors: Refusal 400. */
export function sentFiles({image, files}: SentFiles, path: Path): NonNullable<WrittenSubmission['sent']> {
  for (const [target, hash] of Object.entries(files)) sha256(hash, [...path, 'files', target]);
  return {...(image !== '' && {image: sha256(image, [...path, 'image'])}), files};
}

export function sha256(text: string, path: Path): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw wrong(path, 'is not a SHA-256: 64 digits of 0-9a-f');
  return text;
}

/** What a submission comes after, by id. Errors: Refusal 400. */
export function predecessors(given: readonly Predecessor[], path: Path): NonNullable<WrittenSubmission['after']> {
  if (given.length > MOST_PREDECESSORS) throw wrong(path, `must have at most ${MOST_PREDECESSORS} entries`);
  return given.map((each, index) => {
    const on = ENDS.find(end => end === (each.on || 'success'));
    if (on === undefined) throw wrong([...path, index, 'on'], 'must be success, failure or always');
    return {id: workloadId(each.id, [...path, index, 'id']), on};
  });
}

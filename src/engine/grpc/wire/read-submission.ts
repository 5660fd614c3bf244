import type {WrittenSubmission} from '../../coordinator/requests/submissions.ts';
import type {Predecessor, SentFiles} from '../messages.d.ts';
import {workloadId, wrong} from './read-fields.ts';

type Path = readonly (string | number)[];

const MOST_PREDECESSORS = 100;
const ENDS = ['success', 'failure', 'always'] as const;

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

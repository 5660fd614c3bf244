import {invalidRequest} from '../../coordinator/access/index.ts';

type Path = readonly (string | number)[];

/**
 * Texts of a message, wherever they stand in it: no NUL and no half of a surrogate pair (PostgreSQL takes neither; bytes
 * that are no UTF-8 end as either). Errors: Refusal 400.
 */
export function checkRequest(value: unknown, path: Path = []): void {
  if (typeof value === 'string') checkText(value, path);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, each] of Object.entries(value)) {
    checkText(key, path);
    checkRequest(each, [...path, key]);
  }
}

function checkText(text: string, path: Path): void {
  if (text.includes('\0')) throw wrong(path, 'must not contain a NUL character');
  if (!text.isWellFormed()) throw wrong(path, 'must be valid UTF-8');
}

const wrong = (path: Path, detail: string) => invalidRequest([{code: 'invalid-value', detail, path}]);

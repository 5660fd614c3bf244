import {isUtf8} from 'node:buffer';
import {invalidRequest, Refusal} from '../../coordinator/access/index.ts';

/** What is written in JSON here has a few levels; more only serves to exhaust who reads it. */
const DEEPEST = 64;

/**
 * A body as JSON (RFC 8259, strict): UTF-8, no key twice in one object, no NUL and no half of a surrogate pair in texts
 * (PostgreSQL takes neither), no number that is infinite as a double. Errors: Refusal 400.
 */
export function jsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) throw malformed('the body is empty');
  if (!isUtf8(bytes)) throw malformed('the body is not valid UTF-8');
  const text = bytes.toString('utf8');
  const written = shapeOf(text);
  if (written.deepest > DEEPEST) throw malformed(`the body is nested more than ${DEEPEST} levels deep`);
  const value = parsed(text);
  const members = countMembers(value);
  // Unescaped, what must not be in texts is valid in neither JSON nor UTF-8.
  if (Number.isNaN(members) || text.includes('\\u')) refuseValues(value, []);
  // Of a key that stands twice, JSON.parse keeps the last: fewer members than were written.
  if (members !== written.members) throw malformed('an object of the body has a key twice');
  return value;
}

const malformed = (detail: string): Refusal => new Refusal({status: 400, code: 'invalid-json', detail});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The position is of use; the excerpt that some messages have is not worth its length.
    const where = /position \d+/.exec((error as Error).message)?.[0];
    throw malformed(`the body is not valid JSON${where ? ` (at ${where})` : ''}`);
  }
}

/** How deep objects and lists go, and how many members objects have, by their colons; whether valid or not. */
function shapeOf(text: string): {readonly deepest: number; readonly members: number} {
  let [depth, deepest, members] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfText(text, at + 1);
        break;
      case 0x3a: // :
        members++;
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth++;
        if (depth > deepest) deepest = depth;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
    }
  }
  return {deepest, members};
}

/** Where the quote is that ends a text. */
function endOfText(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

/** Members of all objects in it; NaN when it has a number or a key that `refuseValues` refuses. */
function countMembers(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : Number.NaN;
  if (value === null || typeof value !== 'object') return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item);
    return members;
  }
  for (const key in value) {
    if (key === '__proto__') return Number.NaN;
    members += 1 + countMembers((value as Readonly<Record<string, unknown>>)[key]);
  }
  return members;
}

function refuseValues(value: unknown, path: readonly (string | number)[]): void {
  if (typeof value === 'string') checkText(value, path);
  if (typeof value === 'number' && !Number.isFinite(value)) throw wrong(path, 'is a number that is too large');
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseValues(item, [...path, index]);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    checkText(key, path);
    if (key === '__proto__') throw wrong(path, 'must not have the key __proto__');
    refuseValues(item, [...path, key]);
  }
}

function checkText(text: string, path: readonly (string | number)[]): void {
  if (text.includes('\0')) throw wrong(path, 'must not contain a NUL character');
  if (!text.isWellFormed()) throw wrong(path, 'must not contain half of a surrogate pair');
}

const wrong = (path: readonly (string | number)[], detail: string): Refusal =>
  invalidRequest([{detail, code: 'invalid-value', path}]);

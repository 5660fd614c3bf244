// Every npm package must have a licence that goes with MIT: what is shipped a permissive one.
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {root} from './node24.mjs';

const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);
// Tools only: never part of what is shipped.
const forTools = new Set(['CC-BY-3.0', 'CC-BY-4.0', 'MPL-2.0']);

/** One line for each package whose licence is not known to fit. */
export function licenceProblems() {
  const {packages} = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8'));
  return Object.entries(packages).flatMap(([path, {dev, license}]) => {
    const said = license ?? licenceOf(join(root, path, 'package.json'));
    const allowed = name => permissive.has(name) || (dev === true && forTools.has(name));
    return fits(said, allowed) ? [] : [`${path}: ${said ?? 'no licence'}`];
  });
}

/** SPDX expressions as they occur: `A`, `(A OR B)`, `A AND B`. */
function fits(expression, allowed) {
  if (expression === undefined) return false;
  const bare = expression.replace(/^\(|\)$/g, '');
  if (bare.includes(' OR ')) return bare.split(' OR ').some(allowed);
  return bare.split(' AND ').every(allowed);
}

function licenceOf(file) {
  if (!existsSync(file)) return undefined;
  const {license, licenses} = JSON.parse(readFileSync(file, 'utf8'));
  return license?.type ?? license ?? licenses?.map(({type}) => type).join(' OR ');
}

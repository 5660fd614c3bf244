import {stat} from 'node:fs/promises';
import nodePath from 'node:path';
import {cosmiconfig} from 'cosmiconfig';
import {UserError} from './spec/errors.ts';

const NAMES = ['niyanta.yaml', 'niyanta.yml'];

/**
 * Absolute path of niyanta.yaml: the one told (a file or its folder), else found from `cwd` upwards.
 * Errors: UserError `project-not-found`.
 */
export async function findProject(cwd: string, told?: string): Promise<string> {
  const start = told === undefined ? cwd : nodePath.resolve(cwd, told);
  const kind = await stat(start).then(
    stats => (stats.isDirectory() ? 'folder' : 'file'),
    () => 'missing',
  );
  if (told !== undefined && kind === 'file') return start;
  if (kind === 'missing') throw notFound(`there is no ${told ?? cwd}`);
  const found = await cosmiconfig('niyanta', {
    searchPlaces: NAMES,
    searchStrategy: told === undefined ? 'global' : 'none',
    ignoreEmptySearchPlaces: false,
    cache: false,
    // Only the place is wanted: the text is read, with positions, by the spec room.
    loaders: {'.yaml': () => ({}), '.yml': () => ({})},
  }).search(start);
  if (found === null) throw notFound(`there is no niyanta.yaml in ${start}${told === undefined ? ' or above it' : ''}`);
  return found.filepath;
}

const notFound = (message: string): UserError =>
  new UserError({
    code: 'project-not-found',
    message,
    hint: 'niyanta init writes one here; --project PATH or -C DIR name another place.',
  });

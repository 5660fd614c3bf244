import {readFile} from 'node:fs/promises';
import nodePath from 'node:path';
import {displayName} from './open-project.ts';
import {UserError} from './spec/errors.ts';
import {unreadable} from './spec/index.ts';
import {type LoadedServer, loadServer} from './spec/server/load-server.ts';
import type {Tree} from './spec/tree.ts';

/** Read when it is there and nobody names another. */
export const usualServerFile = '/etc/niyanta/server.yaml';

export interface ServerConfigRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Section `server` of niyanta.yaml. */
  readonly section?: Tree;
  /** File with settings of a server; `usualServerFile` when absent, if there is one. */
  readonly config?: string;
  /** By path, dotted: `tls.cert`. */
  readonly flags: Readonly<Record<string, string>>;
}

/**
 * What `niyanta serve` goes by: flags, then variables, then a file of its own, then the section `server` of niyanta.yaml.
 * Errors: UserError `file-unreadable`, UserErrors with everything that is wrong in them.
 */
export async function serverConfig(request: ServerConfigRequest): Promise<LoadedServer> {
  const {cwd, env, section, flags} = request;
  const file = await serverFile(request.config ?? env.NIYANTA_CONFIG, cwd);
  return loadServer({
    ...(section && {section}),
    ...(file && {file}),
    flags,
    env,
    cwd,
    readText: path => readFile(path, 'utf8').catch(() => undefined),
  });
}

async function serverFile(named: string | undefined, cwd: string) {
  const path = nodePath.resolve(cwd, named ?? usualServerFile);
  try {
    const bytes = await readFile(path);
    return {source: {name: displayName(path, cwd), directory: nodePath.dirname(path)}, bytes};
  } catch (cause) {
    if (named === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const message = `${displayName(path, cwd)}: ${unreadable(cause)}`;
    throw new UserError({
      code: 'file-unreadable',
      message,
      hint: 'See niyanta serve --help for where settings stand.',
      cause,
    });
  }
}

import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, rename, rm} from 'node:fs/promises';
import {homedir} from 'node:os';
import nodePath from 'node:path';
import {execa} from 'execa';
import {OutsideError} from './spec/errors.ts';
import type {TemplateRepository} from './spec/project.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The folder of a repository's templates on this machine, at its commit: from the cache when it is there as git left
 * it, else fetched. Errors: OutsideError `template-repository` when git cannot fetch it, `template-repository-path`.
 */
export async function templateRepository(name: string, repository: TemplateRepository, env: Env): Promise<string> {
  const cache = nodePath.join(
    env.XDG_CACHE_HOME || nodePath.join(env.HOME ?? homedir(), '.cache'),
    'niyanta',
    'templates',
  );
  const address = createHash('sha256').update(repository.git).digest('hex').slice(0, 16);
  const place = nodePath.join(cache, address, repository.commit);
  const git = gitIn(name, repository, env);
  if (!(await isWhole(place, repository, git))) await fetchInto(place, repository, git);
  const folder = nodePath.join(place, repository.path);
  if (existsSync(folder)) return folder;
  throw new OutsideError({
    code: 'template-repository-path',
    message: `the templates "${name}": ${repository.git} has no folder ${repository.path} at ${repository.commit.slice(0, 12)}`,
    hint: `Say where they are: templates: {${name}: {…, path: FOLDER}}`,
  });
}

type Git = (directory: string, ...args: readonly string[]) => Promise<string>;

function gitIn(name: string, repository: TemplateRepository, env: Env): Git {
  // A repository is data: no hook of it runs, no link in it leads out, and nobody is asked for a password.
  const safe = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.symlinks=false', '-c', 'core.autocrlf=false'];
  const variables = {...env, GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh', LC_ALL: 'C'};
  return async (directory, ...args) => {
    const done = await execa('git', [...safe, ...args], {
      cwd: directory,
      env: variables,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: 120_000,
    });
    if (done.exitCode === 0) return done.stdout;
    const missing = done.code === 'ENOENT';
    throw new OutsideError({
      code: 'template-repository',
      message: missing
        ? `the templates "${name}" are in a git repository, and there is no git on this machine`
        : `the templates "${name}": git could not fetch ${repository.commit.slice(0, 12)} of ${withoutPassword(repository.git)}`,
      command: `git ${args[0]}`,
      ...(done.exitCode === undefined ? {} : {exitCode: done.exitCode}),
      lastLines: withoutPassword(done.stderr || String(done.shortMessage ?? ''))
        .trim()
        .split('\n')
        .slice(-5),
      hint: missing ? 'Install git.' : 'Once it is fetched, the network is not needed again.',
    });
  };
}

/** Whether the cache has the commit, and nobody changed its files. */
async function isWhole(place: string, {commit}: TemplateRepository, git: Git): Promise<boolean> {
  if (!existsSync(place)) return false;
  try {
    const head = await git(place, 'rev-parse', 'HEAD');
    return head === commit && (await git(place, 'status', '--porcelain', '--untracked-files=all', '--ignored')) === '';
  } catch (error) {
    if (error instanceof OutsideError) return false;
    throw error;
  }
}

/** Beside its place first: a fetch that is cut off leaves nothing that looks whole. */
async function fetchInto(place: string, repository: TemplateRepository, git: Git): Promise<void> {
  const {git: address, commit} = repository;
  await mkdir(nodePath.dirname(place), {recursive: true});
  const building = await mkdtemp(`${place}.`);
  try {
    await git(building, 'init', '--quiet');
    await git(building, 'remote', 'add', 'origin', '--', address);
    // Not every server gives out a commit by its number; those that do not are asked for everything.
    await git(building, 'fetch', '--quiet', '--depth=1', 'origin', commit).catch(async () =>
      git(building, 'fetch', '--quiet', '--tags', 'origin', '+refs/*:refs/remotes/origin/*'),
    );
    await git(building, 'checkout', '--quiet', '--detach', commit);
    if (await takesPlace(building, place)) return;
    // Another niyanta was faster, or what is there was changed: then it goes out of the way.
    if (await isWhole(place, repository, git)) return;
    const changed = `${building}.changed`;
    await rename(place, changed).catch(() => undefined);
    await rm(changed, {recursive: true, force: true});
    await takesPlace(building, place);
  } finally {
    await rm(building, {recursive: true, force: true});
  }
}

/** Whether the folder could be put there: not over another one. */
async function takesPlace(folder: string, place: string): Promise<boolean> {
  try {
    await rename(folder, place);
    return true;
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    return false;
  }
}

const withoutPassword = (text: string): string => text.replaceAll(/(\/\/[^/\s:@]*):[^@\s/]*@/g, '$1:…@');

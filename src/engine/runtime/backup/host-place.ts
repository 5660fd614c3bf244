import {argv, script} from '../../hosts/command.ts';
import type {Connection, Output} from '../../hosts/connection.ts';
import type {FencedHost} from '../fenced-host.ts';
import {targetFailed, targetFull} from './backup-errors.ts';
import type {BackupPlace} from './backup-place.ts';
import {feed, produced} from './feed.ts';

const WRITE = `umask 077; mkdir -p "$1" && cat >"$1/$2.partial" && sync "$1/$2.partial" && wc -c <"$1/$2.partial"`;
const FINISH = `[ "$(wc -c <"$1/$2.partial")" -eq "$3" ] && mv -f "$1/$2.partial" "$1/$2" && sync "$1"`;
const LIST = `cd "$1" 2>/dev/null || exit 0; for f in *; do case $f in *.partial) ;; *) [ -f "$f" ] && echo "$f" ;; esac; done; :`;
const TIDY = `rm -f "$1"/*.partial`;

/** Backups in a folder of a host of the project. `changing` is needed for writing alone. */
export function hostPlace(host: Connection, folder: string, changing: () => FencedHost): BackupPlace {
  const label = `${host.host}:${folder}`;
  const check = (what: string, {code, stderr}: Output): void => {
    if (code === 0) return;
    if (/no space left|quota exceeded/i.test(stderr)) throw targetFull(label);
    throw targetFailed(label, what, stderr.trim().split('\n').at(-1) || `exit code ${code}`);
  };
  const change = async (what: string, text: string, ...args: readonly string[]): Promise<void> =>
    check(what, await changing().run(script(text, folder, ...args), `${what} of backups`));
  return {
    label,
    async names() {
      const output = await host.run(script(LIST, folder));
      check('list it', output);
      return output.stdout.split('\n').filter(Boolean);
    },
    async write(name, data) {
      let bytes = 0;
      const counted = async function* () {
        for await (const chunk of data) {
          bytes += chunk.length;
          yield chunk;
        }
      };
      try {
        const {output, failure} = await feed(
          await changing().spawn(script(WRITE, folder, name), `write a backup to ${folder}`),
          counted(),
        );
        if (failure !== undefined) throw failure;
        check(`write ${name}`, output);
        // A stream that broke off looks to the host like one that ended: the length tells.
        await change(`finish ${name}`, FINISH, name, String(bytes));
      } catch (error) {
        await changing()
          .run(argv('rm', '-f', `${folder}/${name}.partial`), 'remove a partial backup')
          .catch(() => undefined);
        throw error;
      }
    },
    async read(name) {
      const process = await host.spawn(argv('cat', `${folder}/${name}`));
      process.stdin.end();
      return produced(process, output => check(`read ${name}`, output));
    },
    remove: name => change(`remove ${name}`, 'rm -f "$1/$2"', name),
    tidy: () => change('tidy up', TIDY),
  };
}

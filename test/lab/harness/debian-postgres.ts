import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {debianArchive} from './debian-image.ts';

const entrypoint = join(import.meta.dirname, '../../../examples/shop/db/entrypoint.sh');

/**
 * The path of an OCI archive with PostgreSQL that follows the official image: POSTGRES_USER, POSTGRES_PASSWORD,
 * POSTGRES_DB, PGDATA (default /var/lib/postgresql/data), `postgres -c …` as the command, all of its programs on PATH,
 * any other command run as it is (as root). 15 is Debian bookworm's, 17 is trixie's.
 */
export async function postgresArchive(version: 15 | 17): Promise<string> {
  const program = '/usr/local/bin/docker-entrypoint.sh';
  return debianArchive({
    name: `postgres-${version}`,
    release: version === 15 ? 'bookworm' : 'trixie',
    packages: ['util-linux', 'findutils', 'sed', 'grep', 'gzip', 'tar', `postgresql-${version}`],
    users: {postgres: 999},
    setup: lean(version),
    files: {[program]: await readFile(entrypoint, 'utf8')},
    env: [
      `PATH=/usr/lib/postgresql/${version}/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      'LANG=C.UTF-8',
      'PGDATA=/var/lib/postgresql/data',
    ],
    entrypoint: [program],
    command: ['postgres'],
    stopSignal: 'SIGINT',
  });
}

/** PostgreSQL's compiler for queries (LLVM, 130 MB) is optional; Debian's wrappers in Perl are of no use here. */
const lean = (version: number): string => `mkdir -p "$1/run/postgresql" "$1/var/lib/postgresql/data"
chown -R 999:999 "$1/run/postgresql" "$1/var/lib/postgresql"
rm -rf "$1"/usr/lib/*/libLLVM* "$1"/usr/lib/llvm* "$1"/usr/lib/*/libz3* \\
  "$1"/usr/lib/postgresql/${version}/lib/bitcode "$1"/usr/lib/postgresql/${version}/lib/llvmjit* \\
  "$1"/usr/bin/*perl* "$1"/usr/lib/*/perl* "$1"/usr/share/perl* "$1"/usr/lib/*/libperl* \\
  "$1"/usr/share/postgresql-common "$1"/usr/lib/*/systemd "$1"/usr/lib/systemd
for program in "$1"/usr/bin/*; do
  if [ ! -e "$program" ] || head -n 1 "$program" | grep -qa '^#!.*perl'; then rm "$program"; fi
done`;

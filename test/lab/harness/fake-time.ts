import {readFile, writeFile} from 'node:fs/promises';
import type {LabFixture} from './lab-fixture.ts';

/** Of Debian's package libfaketime, by this machine's architecture. */
const folder = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime`;
const library = `${folder}/libfaketime.so.1`;
const onHost = '/usr/local/lib/libfaketime.so.1';

/**
 * From now on the host's sshd, and every shell and program that is run over it, believe that it is `offset` from now
 * (`+1h`, `-1h`): libfaketime, since a lab host shares this machine's clock. Programs in Go, containerd and ctr among
 * them, do not heed it.
 */
export async function fakeTime(lab: LabFixture, host: string, offset: string): Promise<void> {
  const encoded = (await readFile(library)).toString('base64');
  const copied = await lab.exec(host, ['sh', '-c', `base64 -d >${onHost}`], encoded);
  if (copied.code !== 0) throw new Error(copied.stderr);
  const variables = `LD_PRELOAD=${onHost} FAKETIME=${offset} FAKETIME_DONT_FAKE_MONOTONIC=1`;
  await lab.sh(
    host,
    `mv /usr/sbin/sshd /usr/sbin/sshd-real
     printf '#!/bin/sh\\nexec env ${variables} /usr/sbin/sshd-real "$@"\\n' >/usr/sbin/sshd
     chmod 755 /usr/sbin/sshd
     echo 'SetEnv ${variables}' >>/etc/ssh/sshd_config
     pkill -x sshd || :`,
  );
}

/** Variables for a process of this machine whose time of day is what `jump` says, from one moment to the next; not its monotonic clock. */
export const jumpingTime = (file: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: `${folder}/libfaketimeMT.so.1`,
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** `+1h`, `-1h`, `+0`. */
export const jump = (file: string, offset: string): Promise<void> => writeFile(file, `${offset}\n`);

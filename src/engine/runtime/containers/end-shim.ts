import {bundlesFolder} from '../ctr.ts';

/** The folder of a task's bundle, as a word for the shell. `id` is such a word, too. */
export const bundleOf = (id: string): string => `${bundlesFolder}/${id}`;

/**
 * Lines that end what containerd left when it died while it began a task: a shim which `ctr` cannot reach, since its
 * container is gone, and for which the task "already exists" as long as it runs; and the task's folder, for which the next
 * start fails with "file exists". containerd tidies up after a shim that it knew and that has ended; of one whose address
 * it had not noted yet it leaves the folder, which nobody uses by then (seen on 1.6, in 1 of 15 kills).
 *
 * @param id of the container, quoted or as a variable in double quotes; its task is not wanted any more
 */
export const endShim = (id: string): readonly string[] => [
  `if [ -d ${bundleOf(id)} ]; then`,
  `  for shim in $(grep -lsaF -e ${id} /proc/[0-9]*/cmdline); do`,
  `    case $(tr '\\0' ' ' 2>/dev/null <"$shim") in *containerd-shim*" -id "${id}" "*) shim=\${shim#/proc/}; kill -9 "\${shim%/*}" || : ;; esac`,
  '  done',
  `  tries=0; while [ -d ${bundleOf(id)} ] && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done`,
  `  umount -l ${bundleOf(id)}/rootfs 2>/dev/null || :`,
  `  rm -rf --one-file-system ${bundleOf(id)}`,
  'fi',
];

import {quote} from '../../hosts/command.ts';
import {Bug} from '../../spec/errors.ts';
import {bundlesFolder} from '../ctr.ts';
import {workloadsFolder} from './attempt-paths.ts';
import {type AttemptSpec, attemptId} from './attempt-spec.ts';

/** By device: the container that has it. */
export const gpusFolder = `${workloadsFolder}/.gpus`;

/** How a script ends when not so many devices are free; stderr then says `gpus-taken`. */
export const gpusTakenExit = 94;

/**
 * Lines that take devices for an attempt and set `$gpu_words`, arguments of `ctr run`. A device is somebody's as long as the
 * attempt that took it is there and has not ended; the lock (descriptor 5) is held to the end of the script, when the
 * container runs. Devices of NVIDIA go by containerd's own `--gpus`, which brings the driver's libraries; others as they are.
 */
export function gpuLines(spec: AttemptSpec): readonly string[] {
  const {count, devices} = spec.gpus ?? {count: 0, devices: []};
  if (count === 0) return [];
  const id = quote(attemptId(spec));
  return [
    `mkdir -p ${gpusFolder}`,
    `exec 5>>${gpusFolder}/.lock`,
    'flock 5',
    `take_gpu() { # DEVICE MARK WORDS VISIBLE
  [ "$gpus_left" -gt 0 ] && [ -c "$1" ] || return 0
  holder=; { read -r holder <"$2"; } 2>/dev/null || :
  if [ -n "$holder" ] && [ "$holder" != ${id} ]; then
    held=\${holder#workload.}; held=${workloadsFolder}/\${held%.*}/\${holder##*.}
    pid=; { read -r pid <"${bundlesFolder}/$holder/init.pid"; } 2>/dev/null || :
    if [ -d "$held" ] && { [ ! -e "$held/started" ] || { [ -n "$pid" ] && [ -e "/proc/$pid/ns/pid" ]; }; }; then return 0; fi
  fi
  echo ${id} >"$2"
  gpus_left=$((gpus_left - 1)) gpu_marks="$gpu_marks $2" gpu_words="$gpu_words $3" gpu_list="$gpu_list\${gpu_list:+,}$1" gpu_visible="$gpu_visible\${gpu_visible:+,}$4"
}`,
    `gpus_left=${count} gpu_marks= gpu_words= gpu_list= gpu_visible=`,
    ...devices.map(device => `take_gpu ${wordsOf(device)}`),
    `if [ "$gpus_left" -gt 0 ]; then echo "gpus-taken: $gpus_left of ${count} devices are not free" >&2; rm -f $gpu_marks; exit ${gpusTakenExit}; fi`,
    'gpu_words="$gpu_words --env NIYANTA_GPUS=$gpu_list${gpu_visible:+ --env NVIDIA_VISIBLE_DEVICES=$gpu_visible}"',
  ];
}

/** The device, its mark, the words for it, and its number where it is one of NVIDIA. */
function wordsOf(device: string): string {
  // Words are split where they are used: nothing else may be in them.
  if (!/^\/dev\/[A-Za-z0-9._/-]+$/.test(device)) throw new Bug(`"${device}" is no device`);
  const number = /^\/dev\/nvidia(\d+)$/.exec(device)?.[1];
  const words = number === undefined ? `--device ${device}` : `--gpus ${number}`;
  return [device, `${gpusFolder}/${device.slice('/dev/'.length).replaceAll('/', '_')}`, words, number ?? '']
    .map(quote)
    .join(' ');
}

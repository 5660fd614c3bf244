// Hosts and pods of Alibaba's GPU cluster trace "openb" (cluster-trace-gpu-v2023), as used by Weng et al., "Beware of
// Fragmentation", USENIX ATC 2023: openb.json counts its 1,213 nodes by cores (thousandths), MiB, GPUs and model, and its
// 8,152 pods by cores (thousandths), MiB and GPUs. A pod that shares a GPU is counted as taking the whole of it.
import {readFileSync} from 'node:fs';

const counted = JSON.parse(readFileSync(new URL('./openb.json', import.meta.url), 'utf8'));
const mebibyte = 2 ** 20;

/** Hosts in the trace's mixture, over and over until there are so many. */
export function openbHosts(count) {
  const all = counted.hosts.flatMap(([cpu, memory, gpu, model, times]) =>
    Array.from({length: times}, () => ({cpu: cpu / 1000, memory: memory * mebibyte, gpu, model})),
  );
  // Strides of a prime, so that a part of them is mixed like the whole.
  return Array.from({length: count}, (_, at) => all[(at * 541) % all.length]);
}

export const openbHostCount = counted.hosts.reduce((sum, row) => sum + row.at(-1), 0);

/** Pods drawn with replacement, as often as they come in the trace; the same for the same seed. */
export function openbPods(seed) {
  const random = mulberry32(seed);
  const ends = counted.pods.map((_, at) => counted.pods.slice(0, at + 1).reduce((sum, row) => sum + row.at(-1), 0));
  const total = ends.at(-1);
  return () => {
    const at = random() * total;
    const [cpu, memory, gpu] = counted.pods[ends.findIndex(end => at < end)];
    return {cpu: cpu / 1000, memory: memory * mebibyte, gpu};
  };
}

function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

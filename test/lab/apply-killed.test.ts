import {setTimeout as sleep} from 'node:timers/promises';
import {beforeAll, expect, test} from 'vitest';
import {remainsOn} from './harness/host-remains.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});
const hosts = ['h1', 'h2'];
const rounds = 18;
/** Another sequence of moments with NIYANTA_TEST_SEED; it is printed. */
const seed = Number(process.env.NIYANTA_TEST_SEED ?? Date.now() % 1_000_000);

/** Pinned to hosts, so that what each host has in the end does not depend on the way there. */
const stack = (colour: string, path = '/') => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  db:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    volumes: ["data:/data"]
    placement: {require: {host: h1}}
    stop: {grace: 0s}
  web:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: /}, interval: 100ms, retries: 1}
    placement: {require: {host: h2}}
    needs: [db]
    stop: {grace: 0s}
  front:
    archive: ./one.tar
    env: {COLOUR: ${colour}}
    ports: ["8081:8080"]
    command: [httpd, -f, -p, "8080", -h, /www]
    health: {http: {port: 8080, path: ${path}}, interval: 100ms, timeout: 500ms, retries: 1}
    placement: {require: {host: h1}}
    needs: [web]
    stop: {grace: 0s}
volumes: {data: {}}
`;

let project: TestProject;
/** What a clean deploy leaves on the hosts, and what a clean destroy does. */
let deployed: Record<string, string>;
let destroyed: Record<string, string>;

beforeAll(async () => {
  project = await lab().project(stack('red'), {'one.tar': await busyboxArchive()});
  await done('apply');
  await done('destroy');
  destroyed = await remainsOn(lab(), hosts);
  await done('apply');
  deployed = await remainsOn(lab(), hosts);
});

async function done(...words: string[]): Promise<string> {
  const ended = await project.niyanta([...words, '--yes']);
  expect(ended.code, ended.stderr).toBe(0);
  return ended.stderr;
}

/** Nothing is left to do, and nothing is there that a clean run does not leave. */
async function convergedWithoutOrphans(wanted: Record<string, string>): Promise<void> {
  // One after the other, and again until it is so: what a plan runs on the hosts to look at them is no remains.
  const plan = await project.niyanta(['plan', '--json']);
  if (wanted === deployed) expect(plan.json.operations).toEqual([]);
  await expect.poll(() => remainsOn(lab(), hosts), {interval: 250}).toEqual(wanted);
}

/** Runs a command and kills it after so many milliseconds, unless it ended before. Returns how long it ran. */
async function killed(args: readonly string[], afterMs?: number): Promise<number> {
  const began = performance.now();
  const child = project.start(args);
  child.stdin!.end();
  child.stdout!.resume();
  child.stderr!.resume();
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  if (afterMs !== undefined) {
    await Promise.race([ended, sleep(afterMs)]);
    child.kill('SIGKILL');
  }
  await ended;
  return performance.now() - began;
}

interface Mode {
  readonly what: string;
  readonly prepare: () => Promise<void>;
  /** What is killed. */
  readonly verb: 'apply' | 'destroy';
  /** Before the same command is run to its end. */
  readonly finish: () => Promise<void>;
}

let colour = 0;
const another = (path?: string): Promise<void> => project.write('stack.yaml', stack(`c${++colour}`, path));

/** One after the other: each begins where the one before it ended. */
const modes: readonly Mode[] = [
  {what: 'update', prepare: () => another(), verb: 'apply', finish: () => another()},
  {
    what: 'update that fails and rolls back',
    prepare: () => another('/missing'),
    verb: 'apply',
    finish: () => another(),
  },
  {what: 'destroy', prepare: async () => {}, verb: 'destroy', finish: async () => {}},
  {what: 'first deploy', prepare: () => another(), verb: 'apply', finish: () => another()},
];

/** mulberry32: small, and the same everywhere. */
function random(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`killed at ${rounds} random moments (seed ${seed}), the next one converges and leaves no orphan`, async () => {
  const chance = random(seed);
  const lengths = new Map<Mode, number>();
  for (const mode of modes) {
    await mode.prepare();
    lengths.set(mode, await killed([mode.verb, '--yes']));
    await mode.finish();
    await done(mode.verb);
  }
  await convergedWithoutOrphans(deployed);
  let interrupted = 0;
  for (let round = 0; round < rounds; round += 1) {
    const mode = modes[round % modes.length]!;
    await mode.prepare();
    // Its first fifth is starting up and looking, where nothing can be cut off.
    const ran = await killed([mode.verb, '--yes'], (0.2 + 0.8 * chance()) * lengths.get(mode)!);
    await mode.finish();
    const began = performance.now();
    const told = await done(mode.verb);
    // How long it takes now, on a machine that may be busier or less so.
    lengths.set(mode, performance.now() - began);
    if (/was interrupted after/.test(told)) interrupted += 1;
    await convergedWithoutOrphans(mode.verb === 'destroy' ? destroyed : deployed).catch(error => {
      const what = `round ${round}, seed ${seed}: ${mode.what}, killed after ${Math.round(ran)} ms`;
      throw new Error(`${what}\n${told}`, {cause: error});
    });
  }
  // Others were killed before they began, or after they ended.
  expect(interrupted).toBeGreaterThan(rounds / 4);
}, 600_000);

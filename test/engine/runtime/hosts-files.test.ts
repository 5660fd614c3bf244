import {execFile} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';
import {promisify} from 'node:util';
import {afterAll, expect, test} from 'vitest';
import {writeHostsFiles} from '../../../src/engine/runtime/names.ts';
import {hostsFolder} from '../../../src/engine/runtime/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'niyanta-hosts-'));
afterAll(() => rmSync(folder, {recursive: true}));

const few = '127.0.0.1 localhost\n10.0.0.1 web\n';
const many = `${few}${Array.from({length: 90}, (_, i) => `10.0.1.${i} web\n`).join('')}`;
/** As on a host, but in a folder of the test's own. */
const writing = (files: Record<string, string>): string =>
  writeHostsFiles(new Map(Object.entries(files))).text.replaceAll(hostsFolder, folder);
const sh = (text: string) => promisify(execFile)('sh', ['-euc', text]);
const file = join(folder, 'a');

test('a hosts file keeps its inode, and has the new text alone, longer or shorter', async () => {
  writeFileSync(file, few);
  const {ino} = statSync(file);
  for (const text of [many, few, 'é # $(x) `y` "z"\n']) {
    await sh(writing({a: text, gone: text}));
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
  expect(statSync(file).ino).toBe(ino);
  expect(readdirSync(folder)).toEqual(['a']);
});

test('whoever reads it while it is rewritten finds a name', async () => {
  writeFileSync(file, few);
  const rewriting = sh(`for i in $(seq 150); do\n${writing({a: many})}\n${writing({a: few})}\ndone`);
  let ended = false;
  void rewriting.finally(() => {
    ended = true;
  });
  const seen = new Set<boolean>();
  while (!ended) {
    for (let i = 0; i < 200; i += 1) seen.add(readFileSync(file, 'utf8').includes('10.0.0.1 web\n'));
    await turn();
  }
  await rewriting;
  expect([...seen]).toEqual([true]);
});

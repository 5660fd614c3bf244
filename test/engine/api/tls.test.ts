import {execFileSync} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {get} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pino} from 'pino';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {readTls} from '../../../src/engine/api/read-tls.ts';
import {startApi} from '../../../src/engine/api/start-api.ts';
import {type Serving, serving} from './serving.ts';

let api: Serving;
let folder: string;
let cert: string;
let key: string;
beforeAll(async () => {
  api = await serving();
  folder = await mkdtemp(join(tmpdir(), 'niyanta-tls-'));
  [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...words, ...name, '-keyout', key, '-out', cert], {stdio: 'pipe'});
});
afterAll(async () => {
  await api.end();
  await rm(folder, {recursive: true});
});

test('the API is served over TLS to who trusts its certificate', async () => {
  const {coordinator} = api;
  const listen = {host: '127.0.0.1', port: 0};
  const tls = await readTls({cert, key});
  const secure = await startApi({coordinator, listen, log: pino({level: 'silent'}), version: '0.0.0-test', tls});
  expect(secure.address).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const ca = await readFile(cert);
  const ask = (options: object) =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${secure.address}/health`, {...options, agent: false}, answer => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', reject);
    });
  expect(await ask({ca})).toBe(200);
  await expect(ask({})).rejects.toThrow();
  await expect(fetch(`${secure.address.replace('https', 'http')}/health`)).rejects.toThrow();
  await secure.stop(1000);
});

test('files that are no certificate and its key are refused before anything is opened', async () => {
  await expect(readTls({cert, key: join(folder, 'none.pem')})).rejects.toMatchObject({code: 'tls-invalid'});
  const wrong = join(folder, 'wrong.pem');
  await writeFile(wrong, 'no key');
  await expect(readTls({cert, key: wrong})).rejects.toMatchObject({code: 'tls-invalid'});
});

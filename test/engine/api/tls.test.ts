import {execFileSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {get} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pino} from 'pino';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {readTls} from '../../../src/engine/api/read-tls.ts';
import {startApi} from '../../../src/engine/api/start-api.ts';
import {defaultAccessRules} from '../../../src/engine/coordinator/access/index.ts';
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

interface Made {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of the root, as openssl makes it; `names` as subjectAltName writes them. */
function signedBy(root: Made, name: string, names = ''): Made {
  const made = {cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`)};
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  writeFileSync(extensions, names === '' ? '' : `subjectAltName=${names}\n`);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-new', ...ec, '-subj', `/CN=${name}`, '-keyout', made.key, '-out', request);
  openssl(
    'x509',
    '-req',
    '-in',
    request,
    '-CA',
    root.cert,
    '-CAkey',
    root.key,
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    extensions,
    '-out',
    made.cert,
  );
  return made;
}

function rootCalled(name: string): Made {
  const made = {cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`)};
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...ec, '-days', '2', '-subj', `/CN=${name}`, '-keyout', made.key, '-out', made.cert);
  return made;
}

const openssl = (...words: string[]) => execFileSync('openssl', words, {stdio: 'pipe'});

/** Asks for the workers; the status and the code of the problem, or the error of the connection. */
async function askWith(address: string, client: Made | undefined, key?: string): Promise<readonly unknown[]> {
  const shown = client && {cert: await readFile(client.cert), key: await readFile(client.key)};
  const headers = key === undefined ? {} : {authorization: `Bearer ${key}`};
  const options = {ca: await readFile(cert), agent: false as const, headers, ...shown};
  return new Promise(resolve => {
    get(`${address}/v1/workers`, options, answer => {
      let text = '';
      answer.on('data', chunk => {
        text += chunk;
      });
      answer.on('end', () => resolve([answer.statusCode, JSON.parse(text).code]));
    }).on('error', () => resolve(['refused']));
  });
}

test("a client's certificate stands for a key, where somebody said what it may do", async () => {
  const root = rootCalled('root');
  const robot = signedBy(root, 'robot');
  const named = signedBy(root, 'whatever', 'DNS:ci.example,URI:spiffe://example/ci');
  const nobody = signedBy(root, 'nobody');
  const foreign = signedBy(rootCalled('foreign'), 'robot-2');
  const {coordinator, store} = api;
  await store.putCustomer({id: 'acme', name: 'acme', tier: 'free', limits: {}, suspended: false}, {name: 'cli:test'});
  const clients = {
    robot: {role: 'operator'},
    'spiffe://example/ci': {role: 'viewer', customer: 'acme'},
    'robot-2': {role: 'admin'},
  } as const;
  const listen = {host: '127.0.0.1', port: 0};
  const start = async (clientAuth: 'optional' | 'required') => {
    const tls = await readTls({cert, key, clientCa: root.cert, clientAuth});
    const rules = {...defaultAccessRules, clients};
    return startApi({coordinator, listen, log: pino({level: 'silent'}), version: '0.0.0-test', tls, rules});
  };

  const optional = await start('optional');
  expect(await askWith(optional.address, robot)).toEqual([200, undefined]);
  expect(await askWith(optional.address, named)).toEqual([403, 'forbidden']);
  expect(await askWith(optional.address, nobody)).toEqual([401, 'unknown-certificate']);
  expect(await askWith(optional.address, foreign)).toEqual([401, 'no-key']);
  expect(await askWith(optional.address, undefined)).toEqual([401, 'no-key']);
  // A key says more than a certificate: it alone counts.
  expect(await askWith(optional.address, nobody, api.admin)).toEqual([200, undefined]);
  expect(await askWith(optional.address, robot, 'nyk_wrong')).toEqual([401, 'unknown-key']);

  // Who is trusted changes while it runs: no new start, no new port.
  optional.reception.configure({...defaultAccessRules, clients: {nobody: {role: 'viewer'}}});
  expect(await askWith(optional.address, robot)).toEqual([401, 'unknown-certificate']);
  expect(await askWith(optional.address, nobody)).toEqual([200, undefined]);
  await optional.stop(1000);

  const required = await start('required');
  expect(await askWith(required.address, robot)).toEqual([200, undefined]);
  expect(await askWith(required.address, nobody)).toEqual([401, 'unknown-certificate']);
  expect(await askWith(required.address, undefined, api.admin)).toEqual(['refused']);
  expect(await askWith(required.address, foreign)).toEqual(['refused']);
  await required.stop(1000);
});

test('a new certificate of its own is shown to connections that come after', async () => {
  const root = rootCalled('own-root');
  const next = signedBy(root, 'localhost', 'IP:127.0.0.1');
  const {coordinator} = api;
  const listen = {host: '127.0.0.1', port: 0};
  const tls = await readTls({cert, key});
  const secure = await startApi({coordinator, listen, log: pino({level: 'silent'}), version: '0.0.0-test', tls});
  const ask = async (ca: string) => {
    const trusted = await readFile(ca);
    return new Promise<unknown>(resolve => {
      get(`${secure.address}/health`, {ca: trusted, agent: false}, answer => {
        answer.resume();
        resolve(answer.statusCode);
      }).on('error', () => resolve('not trusted'));
    });
  };
  expect([await ask(cert), await ask(root.cert)]).toEqual([200, 'not trusted']);
  secure.renewTls(await readTls(next));
  expect([await ask(cert), await ask(root.cert)]).toEqual(['not trusted', 200]);
  await secure.stop(1000);
});

test('files that are no certificate and its key are refused before anything is opened', async () => {
  await expect(readTls({cert, key: join(folder, 'none.pem')})).rejects.toMatchObject({code: 'tls-invalid'});
  const wrong = join(folder, 'wrong.pem');
  await writeFile(wrong, 'no key');
  await expect(readTls({cert, key: wrong})).rejects.toMatchObject({code: 'tls-invalid'});
  await expect(readTls({cert, key, clientCa: wrong})).rejects.toMatchObject({code: 'tls-invalid'});
});

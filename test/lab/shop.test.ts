import {execFile} from 'node:child_process';
import {cp, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import process from 'node:process';
import {promisify} from 'node:util';
import {type Browser, chromium, type Page} from 'playwright-core';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {sharedLab} from './harness/index.ts';
import {TestProject} from './harness/lab-fixture.ts';

const root = join(import.meta.dirname, '../..');
const lab = sharedLab({hosts: 3});
const run = promisify(execFile);

let shop: TestProject;
let browser: Browser;
let page: Page;
const failures: string[] = [];

beforeAll(async () => {
  shop = await copyOfTheExample();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // Root needs --no-sandbox; the others keep it from calling home.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  page = await browser.newPage();
  page.on('pageerror', error => failures.push(error.message));
});

afterAll(async () => {
  await browser?.close();
});

test('the example is planned, applied, and runs', async () => {
  const applied = await shop.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
  const ps = await shop.niyanta(['ps']);
  expect(ps.stdout).toMatch(/environment default: running/);
  const {replicas} = (await shop.niyanta(['ps', '--json'])).json;
  expect(replicas.map(({service, replica, health}: Replica) => `${service} ${replica} ${health}`)).toEqual([
    'backend 1 healthy',
    'backend 2 healthy',
    'db 1 healthy',
    'frontend 1 healthy',
  ]);
});

test('a person opens the page and adds an item', async () => {
  await page.goto(await pageAddress());
  await expectText('#empty', 'Nothing yet');
  await page.getByLabel('New item').fill('A jar of <b>honey</b>');
  await page.getByRole('button', {name: 'Add'}).click();
  expect(await items('A jar of <b>honey</b>')).toEqual(['A jar of <b>honey</b>']);
  await expectText('#served', 'Backend 1.0');
});

test('with a new backend the item is still there, and the open page tells the new version', async () => {
  const database = await addressOf('db');
  await replaceInStack('build: { context: ./backend }', 'build: { context: ./backend, args: { VERSION: "2.0" } }');
  const applied = await shop.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
  await expectText('#served', 'Backend 2.0');
  await page.reload();
  expect(await items('A jar of <b>honey</b>')).toEqual(['A jar of <b>honey</b>']);
  await expectText('#served', 'Backend 2.0');
  expect(await addressOf('db')).toBe(database);
  expect((await shop.niyanta(['ps', '--json'])).json.state).toBe('running');
  expect(failures).toEqual([]);
});

test('a new database container finds the old rows', async () => {
  const database = await addressOf('db');
  await replaceInStack('memory: 256Mi }', 'memory: 300Mi }');
  const applied = await shop.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
  expect(await addressOf('db')).not.toBe(database);
  await page.reload();
  expect(await items('A jar of <b>honey</b>')).toEqual(['A jar of <b>honey</b>']);
});

test('and then there is nothing to change', async () => {
  const plan = await shop.niyanta(['plan', '--detailed-exitcode']);
  expect(plan.code, plan.stdout).toBe(0);
});

interface Replica {
  readonly service: string;
  readonly replica: number;
  readonly host: string;
  /** Another container has another address. */
  readonly address: string;
  readonly health: string;
}

/** As a person has it who copied the folder and ran what its files say, but on a lab of the test's own. */
async function copyOfTheExample(): Promise<TestProject> {
  const directory = join(lab().scratch, 'shop');
  const made = ['.niyanta', 'niyanta.lock.json', 'rootfs.tar'];
  const filter = (path: string) => !made.some(name => path.endsWith(`/${name}`));
  await cp(join(root, 'examples/shop'), directory, {recursive: true, filter});
  const project = new TestProject(directory, lab().scratch);
  const text = await readFile(join(directory, 'niyanta.yaml'), 'utf8');
  await project.write('niyanta.yaml', text.replace(/^lab: .*$/m, `lab: ${lab().name}`));
  await run(process.execPath, [join(directory, 'prepare-images.mjs')]);
  return project;
}

async function replaceInStack(what: string, by: string): Promise<void> {
  const text = await readFile(join(shop.directory, 'stack.yaml'), 'utf8');
  expect(text).toContain(what);
  await shop.write('stack.yaml', text.replace(what, by));
}

async function replicaOf(service: string): Promise<Replica> {
  const {replicas} = (await shop.niyanta(['ps', '--json'])).json;
  return replicas.find((replica: Replica) => replica.service === service);
}

const addressOf = async (service: string): Promise<string> => (await replicaOf(service)).address;

const pageAddress = async (): Promise<string> => `http://${lab().host((await replicaOf('frontend')).host).address}/`;

/** Waits for the text to appear. */
async function expectText(selector: string, text: string): Promise<void> {
  await page.locator(selector).filter({hasText: text}).waitFor({timeout: 30_000});
}

/** What is on the shelf, once this item is. */
async function items(item: string): Promise<string[]> {
  const list = page.locator('#items li');
  await list.filter({hasText: item}).first().waitFor({timeout: 30_000});
  return list.allTextContents();
}

// The repository is public: nothing in it may tell of the machine it was made on, nor hold a secret.
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {homedir, hostname} from 'node:os';
import {dirname, join} from 'node:path';
import process from 'node:process';
import {root} from './node24.mjs';

const publicHosts = new Set([
  'registry.npmjs.org',
  'deb.debian.org',
  'github.com',
  'security.debian.org',
  'snapshot.debian.org',
  'localhost',
]);
const secrets = [
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{100,}/, 'a private key'],
  [/\b(?:ghp|gho|ghs)_[A-Za-z0-9]{36}\b/, 'a GitHub token'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'an npm token'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'an AWS key'],
];

/** One line for each trace in a file that git keeps. */
export function privateTraces() {
  const {stdout} = spawnSync('git', ['ls-files', '-z'], {cwd: root, encoding: 'utf8'});
  const words = privateWords();
  return stdout
    .split('\0')
    .filter(Boolean)
    .flatMap(file => {
      if (!existsSync(join(root, file))) return [];
      const text = readFileSync(join(root, file), 'utf8');
      const found = words.filter(word => text.includes(word)).map(word => `${file}: has ${word}`);
      return [...found, ...secrets.filter(([pattern]) => pattern.test(text)).map(([, what]) => `${file}: has ${what}`)];
    });
}

/** Names of this machine: its folders above the project, mirrors that are not the public ones, its own name. */
function privateWords() {
  const folders = [`${dirname(root)}/`, `${homedir()}/`].filter(folder => folder.length > 5 && folder !== '/root/');
  const names = [hostname()].filter(name => name.length > 5 && name !== 'localhost');
  return [...new Set([...folders, ...names, ...mirrors()])];
}

function mirrors() {
  const npm = spawnSync('npm', ['config', 'get', 'registry'], {cwd: root, encoding: 'utf8'}).stdout ?? '';
  const sources = ['/etc/apt/sources.list', ...filesIn('/etc/apt/sources.list.d'), ...filesIn('/etc/apt/apt.conf.d')];
  const texts = sources.filter(existsSync).map(file => readFileSync(file, 'utf8'));
  const proxies = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map(name => process.env[name] ?? '');
  const urls = [npm, ...texts, ...proxies].flatMap(text => text.match(/https?:\/\/[^\s/"';]+/g) ?? []);
  const hosts = urls.map(url => new URL(url).hostname);
  // Addresses of loopback and single letters occur anywhere.
  return hosts.filter(host => !publicHosts.has(host) && !host.startsWith('127.') && host.length > 3);
}

const filesIn = folder => (existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []);

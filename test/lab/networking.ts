import {expect} from 'vitest';
import {busyboxArchive, type LabFixture} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import type {CliOptions} from './harness/niyanta-cli.ts';

/** Answers `hello` on 8080, and /cgi-bin/from says which address asked. */
export const server = await busyboxArchive({
  files: {'/www/index.html': 'hello\n', '/www/cgi-bin/from': '#!/bin/sh\nprintf "\\n$REMOTE_ADDR\\n"\n'},
});

/** A service of a stack; `more` are its other keys, as YAML. */
export const web = (name: string, more = ''): string =>
  `  ${name}: {archive: ./server.tar, stop: {grace: 0s}, command: [httpd, -f, -p, "8080", -h, /www], health: {tcp: {port: 8080}, interval: 100ms}${more === '' ? '' : `, ${more}`}}\n`;

export const stackOf = (...services: readonly string[]): string =>
  `apiVersion: niyanta/v1\nkind: Stack\nname: net\nservices:\n${services.join('')}`;

/** Asks a web server for a path; what it prints ends with the answer. */
export const ask = (to: string, path = '/', port = 8080): string =>
  `printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' | nc -w 2 ${to} ${port} | tail -n 1`;

export interface Replica {
  readonly service: string;
  readonly replica: number;
  readonly host: string;
  readonly address: string;
}

/** A project whose services talk to each other. */
export class Networked {
  readonly project: TestProject;
  readonly #lab: LabFixture;

  private constructor(lab: LabFixture, project: TestProject) {
    this.#lab = lab;
    this.project = project;
  }

  static async of(lab: LabFixture, stack: string, more = ''): Promise<Networked> {
    return new Networked(lab, await lab.project(stack, {'server.tar': server}, more));
  }

  /** Runs niyanta, which has to succeed; returns its standard output. */
  async ok(words: readonly string[], options: CliOptions = {}): Promise<string> {
    const done = await this.project.niyanta(words, options);
    expect(done.code, `niyanta ${words.join(' ')}\n${done.stdout}${done.stderr}`).toBe(0);
    return done.stdout;
  }

  apply = (...words: string[]): Promise<string> => this.ok(['apply', '--yes', ...words]);

  /** What a plan would do: `update network@h1: h2 joins`. */
  async planned(...words: string[]): Promise<string[]> {
    // biome-ignore lint/suspicious/noExplicitAny: the documented JSON of a plan
    const {operations} = JSON.parse(await this.ok(['plan', '--json', ...words])) as {operations: any[]};
    return operations.map(({action, kind, service, host, reason}) => `${action} ${service ?? kind}@${host}: ${reason}`);
  }

  async replicas(...words: string[]): Promise<readonly Replica[]> {
    return JSON.parse(await this.ok(['ps', '--json', ...words])).replicas;
  }

  /** Runs shell text in a container, `web/2`, and returns what it printed, trimmed. */
  async inside(replica: string, text: string, ...words: string[]): Promise<string> {
    const done = await this.project.niyanta(['exec', replica, ...words, '--', 'sh', '-c', text]);
    return done.stdout.trim();
  }

  /** The id of a container on a host, in which this occurs. */
  async id(host: string, part: string): Promise<string> {
    const ids = (await this.#lab.sh(host, 'ls /run/netns')).split('\n');
    return ids.find(id => id.includes(part))!;
  }
}

/** Packets that a host's devices have received and sent. */
export async function counters(lab: LabFixture, host: string): Promise<{overlay: number; link: number}> {
  const text = await lab.sh(
    host,
    `for d in nv eth0; do n=0; for f in /sys/class/net/$d*/statistics/[rt]x_packets; do [ -e $f ] && n=$((n + $(cat $f))); done; echo $n; done`,
  );
  const [overlay = 0, link = 0] = text.trim().split('\n').map(Number);
  return {overlay, link};
}

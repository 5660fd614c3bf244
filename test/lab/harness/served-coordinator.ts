import type {ChildProcess} from 'node:child_process';
import type {TestProject} from './lab-fixture.ts';

/** `niyanta serve` in a process of its own, asked over its API. */
export class ServedCoordinator {
  readonly child: ChildProcess;
  readonly address: string;
  /** Of the first start of its data. */
  readonly adminKey?: string;
  #key = '';
  /** Everything that it logged. */
  log = '';

  private constructor(child: ChildProcess, address: string, adminKey?: string) {
    this.child = child;
    this.address = address;
    this.adminKey = adminKey;
  }

  /** `key`: of an earlier start on the same data. */
  static start(project: TestProject, data: string, key?: string): Promise<ServedCoordinator> {
    return ServedCoordinator.#start(project, ['--data', data], {}, key);
  }

  /** One of several on a PostgreSQL. */
  static startOn(
    project: TestProject,
    database: string,
    key?: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ServedCoordinator> {
    return ServedCoordinator.#start(project, [], {NIYANTA_DATABASE: database, ...env}, key);
  }

  /** With settings as variables. */
  static startWith(
    project: TestProject,
    data: string,
    env: Record<string, string>,
    key?: string,
  ): Promise<ServedCoordinator> {
    return ServedCoordinator.#start(project, ['--data', data], env, key);
  }

  static async #start(project: TestProject, args: readonly string[], env: Record<string, string>, key?: string) {
    const child = project.start(['serve', '--json', '--listen', '127.0.0.1:0', ...args], {env});
    let said = '';
    let served: ServedCoordinator | undefined;
    child.stderr!.on('data', chunk => {
      said += chunk;
      if (served) served.log = said;
    });
    let text = '';
    for await (const chunk of child.stdout!) {
      text += chunk;
      if (!text.trimEnd().endsWith('}')) continue;
      const {address, adminKey} = JSON.parse(text) as {address?: string; adminKey?: string};
      if (address === undefined) break;
      served = new ServedCoordinator(child, address, adminKey);
      served.#key = key ?? adminKey ?? '';
      return served;
    }
    throw new Error(`serve ended: ${text}${said}`);
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
    // biome-ignore lint/suspicious/noExplicitAny: tests read what the API documents.
  ): Promise<any> {
    const answer = await fetch(`${this.address}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : {'content-type': 'application/json'}),
        ...headers,
      },
      ...(body === undefined ? {} : {body: JSON.stringify(body)}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Sends a signal, and waits for the end. Returns the exit code; null when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = new Promise<number | null>(resolve => this.child.once('exit', resolve));
    this.child.kill(signal);
    return ended;
  }
}

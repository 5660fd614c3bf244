import type {Duplex} from 'node:stream';
import type {Connection} from '../hosts/connection.ts';
import {OutsideError} from '../spec/errors.ts';
import type {Health} from '../spec/stack.ts';
import {execCommand} from './exec.ts';

/** What one check said. */
export interface CheckResult {
  readonly healthy: boolean;
  /** `GET /healthz answers 503`; for people. */
  readonly detail: string;
}

export interface CheckTarget {
  readonly id: string;
  readonly address: string;
  readonly check: Health['check'];
  readonly timeoutMs: number;
}

/**
 * Asks a container once. http and tcp go from here through the connection to the container's address, so hosts need
 * no curl; exec runs in the container. Rejects only when the connection to the host is lost.
 */
export async function checkHealth(connection: Connection, target: CheckTarget): Promise<CheckResult> {
  try {
    switch (target.check.kind) {
      case 'http':
        return await checkHttp(connection, target, target.check);
      case 'tcp': {
        const socket = await connection.dial(target.address, target.check.port, target.timeoutMs);
        socket.destroy();
        return {healthy: true, detail: `port ${target.check.port} accepts connections`};
      }
      case 'exec':
        return await checkExec(connection, target, target.check.command);
    }
  } catch (error) {
    if (error instanceof OutsideError && error.code === 'connection-lost') throw error;
    return {healthy: false, detail: error instanceof Error ? error.message : String(error)};
  }
}

async function checkHttp(
  connection: Connection,
  {address, timeoutMs}: CheckTarget,
  {port, path}: {readonly port: number; readonly path: string},
): Promise<CheckResult> {
  const began = Date.now();
  const socket = await connection.dial(address, port, timeoutMs);
  try {
    const status = await get(socket, `${address}:${port}`, path, Math.max(1, timeoutMs - (Date.now() - began)));
    return {healthy: status >= 200 && status < 400, detail: `GET ${path} answers ${status}`};
  } finally {
    socket.destroy();
  }
}

/** The status of a GET over a socket that is open already. */
async function get(socket: Duplex, host: string, path: string, timeoutMs: number): Promise<number> {
  // Only now: loading it takes 15 ms, and most commands check nothing.
  const {request} = await import('node:http');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`GET ${path}: no answer in time`));
      asking.destroy();
    }, timeoutMs);
    const asking = request(
      {
        createConnection: () => socket as never,
        path,
        headers: {host, 'user-agent': 'niyanta-health', connection: 'close'},
      },
      response => {
        clearTimeout(timer);
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    asking.on('error', error => {
      clearTimeout(timer);
      reject(new Error(`GET ${path}: ${error.message}`));
    });
    asking.end();
  });
}

async function checkExec(
  connection: Connection,
  {id, timeoutMs}: CheckTarget,
  command: readonly string[],
): Promise<CheckResult> {
  const {code, stderr} = await connection.run(execCommand(id, command, {name: 'health', timeoutMs}), {
    timeoutMs: timeoutMs + 5000,
  });
  const said = stderr.trim().split('\n').at(-1);
  return {healthy: code === 0, detail: code === 0 ? 'exits with 0' : `exits with ${code}${said ? `: ${said}` : ''}`};
}

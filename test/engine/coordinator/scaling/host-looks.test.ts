import {expect, test} from 'vitest';
import {HostLooks} from '../../../../src/engine/coordinator/scaling/host-looks.ts';
import {render} from '../../../../src/engine/hosts/command.ts';
import type {Connection} from '../../../../src/engine/hosts/index.ts';
import {parseSince, upstreamsSince} from '../../../../src/engine/runtime/proxy/access-log.ts';

const never = new AbortController().signal;
/** A host whose proxy answers in turn with these. */
const answering = (...answers: readonly (string | Error)[]) => {
  const left = [...answers];
  const asked: string[] = [];
  const run: Connection['run'] = async command => {
    asked.push(render(command));
    const answer = left.shift() ?? new Error('asked too often');
    if (answer instanceof Error) throw answer;
    return {code: 0, stdout: answer, stderr: ''};
  };
  return {asked, connection: () => ({run}) as Connection};
};

test('rates of requests are by the clock of the host, from one round to the next', async () => {
  const host = answering('1000.5\n', '1010.5\n10.0.0.1:80 50 0 0.1\n10.0.0.2:80 5 1 0.2\n');
  const first = new HostLooks(host.connection, undefined, never);
  expect(await first.requests('h1')).toBeUndefined();
  const second = new HostLooks(host.connection, await first.seen(), never);
  expect(await second.requests('h1')).toEqual(
    new Map([
      ['10.0.0.1:80', 5],
      ['10.0.0.2:80', 0.5],
    ]),
  );
  expect(await second.requests('h1')).toBeDefined();
  expect(host.asked).toHaveLength(2);
  expect(host.asked[1]).toContain('1000.500');
});

test('a host that does not answer, one whose clock went back, and one without a connection say nothing', async () => {
  const back = answering('1000.5\n', '900\n10.0.0.1:80 50 0 0.1\n');
  const first = new HostLooks(back.connection, undefined, never);
  await first.requests('h1');
  expect(await new HostLooks(back.connection, await first.seen(), never).requests('h1')).toBeUndefined();
  const broken = new HostLooks(answering(new Error('lost')).connection, undefined, never);
  expect([await broken.requests('h1'), await broken.usage('h1', 'c')]).toEqual([undefined, undefined]);
  expect(await new HostLooks(() => undefined, undefined, never).usage('h1', 'c')).toBeUndefined();
});

test('what was asked of a proxy comes with the time there', () => {
  expect(render(upstreamsSince(undefined))).not.toContain('perl');
  expect(parseSince('5.25\n10.0.0.1:80 3 0 0.5\n\n')).toEqual({now: 5.25, requests: new Map([['10.0.0.1:80', 3]])});
});

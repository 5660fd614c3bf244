import {expect, test} from 'vitest';
import type {Peer} from '../../../src/engine/executor/actions.ts';
import {NameLedger} from '../../../src/engine/executor/name-ledger.ts';

const peer = (id: string): Peer => ({id, service: 'web', replica: 1, address: '10.0.0.2'});

test('joins during a write are written together by the next one', async () => {
  const writes: string[][] = [];
  const ledger = new NameLedger(async (_host, _selves, peers) => {
    writes.push(peers.map(({id}) => id));
    await new Promise(resolve => setTimeout(resolve, 2));
  }, []);
  await Promise.all(['a', 'b', 'c', 'd'].map(id => ledger.join('h', peer(id))));
  expect(writes).toEqual([['a'], ['a', 'b', 'c', 'd']]);
});

test('a join resolves only when a write that contains it has ended', async () => {
  let written: readonly string[] = [];
  const ledger = new NameLedger(async (_host, _selves, peers) => {
    const ids = peers.map(({id}) => id);
    await new Promise(resolve => setTimeout(resolve, 1));
    written = ids;
  }, []);
  const all = Array.from({length: 30}, async (_, index) => {
    await new Promise(resolve => setTimeout(resolve, index % 7));
    await ledger.join('h', peer(`p${index}`));
    expect(written).toContain(`p${index}`);
  });
  await Promise.all(all);
  expect(written).toHaveLength(30);
});

test('a write that fails fails those who waited for it, and the next join tries again', async () => {
  let calls = 0;
  const ledger = new NameLedger(async () => {
    if (calls++ === 0) throw new Error('no space left on device');
  }, []);
  await expect(ledger.join('h', peer('a'))).rejects.toThrow('no space left');
  await ledger.join('h', peer('b'));
  expect(calls).toBe(2);
});

const named = (id: string, service: string): Peer => ({id, service, replica: 1, address: `10.0.0.${id.length}`});

test('those on all hosts are told of all, each host in one write, and one that is being started too', async () => {
  const writes: string[] = [];
  const ledger = new NameLedger(
    async (host, selves, peers) =>
      void writes.push(`${host}: ${selves.map(({id}) => id)} know ${peers.map(({id}) => id)}`),
    [{host: 'h1', peer: named('a', 'web')}],
    [named('silent', 'db')],
  );
  expect(ledger.arrive('h2', named('bb', 'web')).map(({id}) => id)).toEqual(['a', 'silent']);
  await ledger.join('h3', named('ccc', 'web'));
  expect(writes.sort()).toEqual(['h1: a know a,ccc,silent', 'h2: bb know a,ccc,silent', 'h3: ccc know a,ccc,silent']);
  writes.length = 0;
  await ledger.leave('h3', 'ccc');
  expect(writes.sort()).toEqual(['h1: a know a,silent', 'h2: bb know a,silent']);
});

test('a host that cannot be told fails the join; the others are told all the same', async () => {
  const told: string[] = [];
  const ledger = new NameLedger(
    async host => {
      if (host === 'h1') throw new Error('h1 does not answer');
      await new Promise(resolve => setTimeout(resolve, 2));
      told.push(host);
    },
    [{host: 'h1', peer: named('a', 'web')}],
  );
  await expect(ledger.join('h2', named('bb', 'web'))).rejects.toThrow('h1 does not answer');
  expect(told).toEqual(['h2']);
});

test('one that is started again is told first who came meanwhile; nobody is sent to it yet', async () => {
  const writes: string[] = [];
  const ledger = new NameLedger(
    async (host, selves, peers) =>
      void writes.push(`${host}: ${selves.map(({id}) => id)} know ${peers.map(({id}) => id)}`),
    [{host: 'h1', peer: named('a', 'web')}],
  );
  await ledger.return('h2', named('bb', 'db'));
  expect(writes).toEqual(['h2: bb know a']);
});

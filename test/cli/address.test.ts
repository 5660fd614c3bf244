import {expect, test} from 'vitest';
import {parseAddress} from '../../src/cli/address.ts';

test.each([
  ['127.0.0.1:9465', {host: '127.0.0.1', port: 9465}],
  ['[::1]:0', {host: '::1', port: 0}],
  ['metrics.example:65535', {host: 'metrics.example', port: 65_535}],
])('%s is where to listen', (text, address) => expect(parseAddress(text)).toEqual(address));

test.each(['9465', ':9465', '127.0.0.1', '127.0.0.1:65536', '::1:9465', 'http://h:1', 'h:1 '])('%j is not', text =>
  expect(() => parseAddress(text)).toThrow('must be HOST:PORT'),
);

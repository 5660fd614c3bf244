import {createHash} from 'node:crypto';
import {describe, expect, test} from 'vitest';
import {schedule} from './account-promises.ts';
import {ann, submission, workloadNamed} from './samples.ts';
import type {StoreUnderTest} from './store-under-test.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const most = 1000;

/** What files that customers send promise. */
export function filePromises(the: StoreUnderTest): void {
  const put = async (customer: string, text: string): Promise<string> =>
    (await the.store.putFile(customer, Buffer.from(text), most)).sha256;
  const has = async (customer: string, ...texts: string[]): Promise<readonly string[]> => {
    const rows = await the.store.files(customer, texts.map(hashOf));
    return texts.filter(text => rows.some(({sha256}) => sha256 === hashOf(text)));
  };

  describe('files', () => {
    test('those of each version of a schedule stay', async () => {
      const blobs = await Promise.all(['one', 'two'].map(text => the.store.putBlob(Buffer.from(text))));
      const versions = blobs.map((blob, index) => ({
        workload: workloadNamed('nightly'),
        inputs: {'/in': blob},
        weight: index + 1,
      }));
      const first = await the.store.putSchedule(schedule('s1', {inputs: versions[0]!.inputs, versions}), ann);
      expect(first).toMatchObject({inputs: {'/in': blobs[0]}, versions});
      await the.sql('update blobs set kept_at = 0');
      await the.store.expire({events: 0, workloads: 0});
      for (const blob of blobs) expect(await the.store.blob(blob)).toBeDefined();
      await the.store.putSchedule(schedule('s2', {inputs: {'/in': blobs[1]!}}), ann);
      await the.store.expire({events: 0, workloads: 0});
      expect(await the.store.blob(blobs[0]!)).toBeUndefined();
      expect(await the.store.schedules('everyone')).toMatchObject([{id: 's2', inputs: {'/in': blobs[1]}}]);
    });

    test('are found by their hash, by whoever sent them and nobody else', async () => {
      expect(await the.store.putFile('acme', Buffer.from('one'), most)).toEqual({sha256: hashOf('one'), size: 3});
      expect(await put('acme', 'one')).toBe(hashOf('one'));
      expect(await has('acme', 'one', 'two')).toEqual(['one']);
      expect(await has('globex', 'one')).toEqual([]);
      expect(await the.store.file(hashOf('one'))).toEqual({sha256: hashOf('one'), size: 3});
      expect(Buffer.from((await the.store.blob(hashOf('one')))!).toString()).toBe('one');
    });

    test('are made of parts, in their order, of which one may stand twice; of what is there alone', async () => {
      for (const text of ['one', 'two']) await put('acme', text);
      await put('globex', 'other');
      const file = {sha256: hashOf('onetwoone'), size: 9, parts: ['one', 'two', 'one'].map(hashOf)};
      await the.store.joinFile('acme', file);
      expect(await the.store.files('acme', [file.sha256])).toEqual([file]);
      for (const parts of [['one', 'three'], ['other'], ['onetwoone']]) {
        const joining = the.store.joinFile('acme', {sha256: 'x', size: 1, parts: parts.map(hashOf)});
        await expect(joining).rejects.toMatchObject({code: 'file-missing'});
      }
      expect(await the.store.file('x')).toBeUndefined();
    });

    test('are refused beyond what a customer may have, and what was refused is not there', async () => {
      await put('acme', 'a'.repeat(600));
      await expect(put('acme', 'b'.repeat(600))).rejects.toMatchObject({code: 'files-full'});
      expect(await has('acme', 'b'.repeat(600))).toEqual([]);
      expect(await the.store.blob(hashOf('b'.repeat(600)))).toBeUndefined();
      await put('acme', 'a'.repeat(600));
      await put('globex', 'b'.repeat(600));
    });

    test('stay while a workload or a schedule refers to them, and a day after they were asked for', async () => {
      for (const text of ['used', 'part', 'loose', 'asked', 'theirs']) await put('acme', text);
      await put('globex', 'used');
      await the.store.joinFile('acme', {sha256: hashOf('partused'), size: 8, parts: ['part', 'used'].map(hashOf)});
      await the.store.joinFile('acme', {sha256: hashOf('loosepart'), size: 9, parts: ['loose', 'part'].map(hashOf)});
      const inputs = {image: hashOf('used'), '/in': hashOf('partused')};
      const [id] = await the.submitted(submission('a', {inputs}));
      await the.sql('update files set kept_at = kept_at - 90000000');
      await the.sql('update blobs set kept_at = kept_at - 90000000');
      expect(await has('acme', 'asked')).toEqual(['asked']);
      await the.store.expire({events: 0, workloads: 0});
      const all = ['used', 'part', 'loose', 'asked', 'theirs', 'partused', 'loosepart'];
      expect(await has('acme', ...all)).toEqual(['used', 'part', 'asked', 'partused']);
      expect(await has('globex', 'used')).toEqual([]);
      const blobs = await Promise.all(['used', 'part', 'loose'].map(text => the.store.blob(hashOf(text))));
      expect(blobs.map(each => each !== undefined)).toEqual([true, true, false]);
      await the.store.ask('everyone', id!, 'cancel', {name: 'cli:test'});
      await the.sql('update files set kept_at = kept_at - 90000000');
      await the.store.expire({events: 0, workloads: (await the.store.now()) + 1000});
      expect(await has('acme', ...all)).toEqual([]);
    });
  });
}

import {expect, test} from 'vitest';
import {UserError} from '../../../src/engine/spec/errors.ts';
import {parseReplicaCounts} from '../../../src/engine/spec/replica-counts.ts';

test('services and their numbers of replicas are read in their order', () => {
  expect([...parseReplicaCounts(['web=5', 'worker=0', 'a-b=1000'])]).toEqual([
    ['web', 5],
    ['worker', 0],
    ['a-b', 1000],
  ]);
});

test.each([
  [[], 'no service is given'],
  [['web'], '"web" is not SERVICE=N'],
  [['=3'], '"=3" is not SERVICE=N'],
  [['web='], 'web cannot have "" replicas'],
  [['web=-1'], 'web cannot have "-1" replicas: it takes a number from 0 to 1000'],
  [['web=+1'], 'web cannot have "+1"'],
  [['web=1.5'], 'web cannot have "1.5"'],
  [['web=1001'], 'web cannot have "1001"'],
  [['web=99999999999999999999'], 'web cannot have'],
  [['web=2', 'web=3'], 'web is given twice'],
])('%j is refused', (words, message) => {
  expect(() => parseReplicaCounts(words)).toThrow(
    expect.objectContaining({code: 'scale-invalid', exit: 64, message: expect.stringContaining(message)}),
  );
  expect(() => parseReplicaCounts(words)).toThrow(UserError);
});

import {describe} from 'vitest';
import type {BackendName} from './backends.ts';
import {dependencyPromises} from './dependency-promises.ts';
import {storeUnderTest} from './store-under-test.ts';
import {submissionPromises} from './submission-promises.ts';

/** What every store promises, whatever keeps it. */
export function describeStore(name: BackendName): void {
  describe(`a ${name} store of workloads`, {timeout: 60_000}, () => {
    const the = storeUnderTest(name);
    submissionPromises(the);
    dependencyPromises(the);
  });
}

import {describe} from 'vitest';
import {accountPromises} from './account-promises.ts';
import {analyticsPromises} from './analytics-promises.ts';
import type {BackendName} from './backends.ts';
import {countPromises} from './count-promises.ts';
import {dependencyPromises} from './dependency-promises.ts';
import {environmentPromises} from './environment-promises.ts';
import {filePromises} from './file-promises.ts';
import {leadingPromises} from './leading-promises.ts';
import {modelPromises} from './model-promises.ts';
import {picturePromises} from './picture-promises.ts';
import {reportingPromises} from './reporting-promises.ts';
import {restorePromises} from './restore-promises.ts';
import {scopePromises} from './scope-promises.ts';
import {storeUnderTest} from './store-under-test.ts';
import {submissionPromises} from './submission-promises.ts';
import {wishPromises} from './wish-promises.ts';

/** What every store promises, whatever keeps it. */
export function describeStore(name: BackendName): void {
  describe(`a ${name} store of workloads`, {timeout: 60_000}, () => {
    const the = storeUnderTest(name);
    submissionPromises(the);
    countPromises(the);
    dependencyPromises(the);
    wishPromises(the);
    leadingPromises(the);
    reportingPromises(the);
    picturePromises(the);
    filePromises(the);
    accountPromises(the);
    analyticsPromises(the);
    restorePromises(the);
    environmentPromises(the);
    scopePromises(the);
    modelPromises(the);
  });
}

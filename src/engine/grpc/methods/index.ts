import type {Log} from '../../coordinator/log.ts';
import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Methods} from '../calls/caller.ts';
import {analyticsMethods} from './analytics.ts';
import {customerMethods} from './customers.ts';
import {environmentOperationMethods} from './environment-operations.ts';
import {environmentViewMethods} from './environment-views.ts';
import {environmentMethods} from './environments.ts';
import {fileMethods} from './files.ts';
import {followingMethods} from './following.ts';
import {operationMethods} from './operation.ts';
import {placementMethods} from './placement.ts';
import {scheduleMethods} from './schedules.ts';
import {submissionMethods} from './submissions.ts';
import {uploadMethods} from './uploads.ts';
import {workerMethods} from './workers.ts';
import {workloadMethods} from './workloads.ts';

export const schedulerMethods = (reception: Reception, log: Log): Methods => ({
  ...submissionMethods(reception, log),
  ...workloadMethods(reception),
  ...followingMethods(reception),
  ...fileMethods(reception),
  ...scheduleMethods(reception),
  ...workerMethods(reception),
  ...environmentMethods(reception),
  ...environmentOperationMethods(reception),
  ...environmentViewMethods(reception),
  ...placementMethods(reception),
  ...uploadMethods(reception),
  ...customerMethods(reception),
  ...operationMethods(reception),
  ...analyticsMethods(reception),
});

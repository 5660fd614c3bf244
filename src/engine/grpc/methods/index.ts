import type {Reception} from '../../coordinator/requests/reception.ts';
import type {Methods} from '../calls/caller.ts';
import {environmentViewMethods} from './environment-views.ts';
import {environmentMethods} from './environments.ts';
import {fileMethods} from './files.ts';
import {followingMethods} from './following.ts';
import {scheduleMethods} from './schedules.ts';
import {submissionMethods} from './submissions.ts';
import {workerMethods} from './workers.ts';
import {workloadMethods} from './workloads.ts';

export const schedulerMethods = (reception: Reception): Methods => ({
  ...submissionMethods(reception),
  ...workloadMethods(reception),
  ...followingMethods(reception),
  ...fileMethods(reception),
  ...scheduleMethods(reception),
  ...workerMethods(reception),
  ...environmentMethods(reception),
  ...environmentViewMethods(reception),
});

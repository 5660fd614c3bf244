import type {z} from 'zod';
import type {WrittenSubmission} from '../../coordinator/requests/submissions.ts';
import type {submission} from '../schemas/submission.ts';
import {timeOf} from '../schemas/wire.ts';

/** A submission of a body: its files from base64, its time from text. */
export const writtenOf = ({
  workload,
  inputs = {},
  sent,
  after,
  notBefore,
}: z.output<typeof submission>): WrittenSubmission => ({
  workload,
  inputs: filesOf(inputs),
  ...(sent && {sent}),
  ...(after && {after}),
  ...(notBefore !== undefined && {notBefore: timeOf(notBefore)}),
});

export const filesOf = (inputs: Readonly<Record<string, string>>): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(Object.entries(inputs).map(([path, content]) => [path, Buffer.from(content, 'base64')]));

import type {z} from 'zod';
import type {ApiKeyRow, CustomerRow} from '../../coordinator/store/store.ts';
import type {customerAnswer, keyAnswer} from '../schemas/customer.ts';
import {timeText} from '../schemas/wire.ts';
import {optionalTime} from './workload.ts';

export const customerOf = (row: CustomerRow): z.output<typeof customerAnswer> => ({
  id: row.id,
  name: row.name,
  tier: row.tier,
  limits: {...row.limits},
  suspended: row.suspended,
  createdAt: timeText(row.createdAt),
  used: row.used,
  usedAt: timeText(row.usedAt),
});

/** Never its hash. */
export const keyOf = (row: ApiKeyRow): z.output<typeof keyAnswer> => ({
  id: row.id,
  prefix: row.prefix,
  role: row.role,
  customer: row.customer,
  scopes: row.scopes && [...row.scopes],
  note: row.note,
  createdAt: timeText(row.createdAt),
  expiresAt: optionalTime(row.expiresAt),
  revokedAt: optionalTime(row.revokedAt),
});

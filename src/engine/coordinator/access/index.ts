export {createKey, type KeyWish} from './create-key.ts';
export {Door, type Refused} from './door.ts';
export {DEFAULT_CUSTOMER, prepareAccess} from './first-start.ts';
export {actorOf, type Identity, scopeOf, sees} from './identity.ts';
export {PendingQuota} from './pending-quota.ts';
export {type Permission, permissions, refusal} from './permissions.ts';
export {rateLimitOf, tierRates} from './rates.ts';
export type {Rate, Taken} from './token-bucket.ts';
export {TokenBuckets} from './token-buckets.ts';

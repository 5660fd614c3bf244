export {clash} from './ledger.ts';
export {dependantsOf, needsOf, needsOrder} from './needs-order.ts';
export {place} from './place.ts';
export type {
  CandidateHost,
  Capacity,
  FixedReplica,
  PlaceableReplica,
  PlaceableService,
  PlacedReplica,
  PlacementRequest,
  PlacementResult,
  RejectedHost,
  TakenPort,
} from './request.ts';

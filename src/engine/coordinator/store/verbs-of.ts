import type {Database} from './database.ts';
import {gatherCalls} from './gather-calls.ts';
import type {Accepted, Store, Submission} from './store.ts';
import {reserved, spent, trends, waiting} from './verbs/analysing.ts';
import {ask} from './verbs/asking.ts';
import {events, newestEvent, note} from './verbs/auditing.ts';
import {blob, putBlob} from './verbs/blobs.ts';
import {bundle, putBundle} from './verbs/bundling.ts';
import {changes} from './verbs/changes.ts';
import {addCheckpoint, checkpoints, markCorrupt} from './verbs/checkpointing.ts';
import {addKey, customers, keyByPrefix, keys, putCustomer, revokeKey} from './verbs/customers.ts';
import {change, explain, newLeases, place} from './verbs/deciding.ts';
import {askChange, beginChange, endChange, noteRun, noteSeen, openChanges} from './verbs/environment-changes.ts';
import {changeOf, changesOf, environment, environments, setHealing} from './verbs/environments.ts';
import {EXPIRED_AT_ONCE, expireBlobs, expireSome} from './verbs/expiring.ts';
import {expireEnvironments} from './verbs/expiring-environments.ts';
import {file, files, joinFile, putFile} from './verbs/filing.ts';
import {lead, leader, resign} from './verbs/leading.ts';
import {attempts, counts, identity, runsOf, workload, workloads} from './verbs/looking.ts';
import {removeCustomer} from './verbs/removing-customers.ts';
import {report} from './verbs/reporting.ts';
import {restore} from './verbs/restoring.ts';
import {rotateKey} from './verbs/rotate-key.ts';
import {fire, putSchedule, removeSchedule, schedules, setSuspended} from './verbs/scheduling.ts';
import {isPlain, submitAll} from './verbs/submitting.ts';
import {beat, forget, setDrained, workers} from './verbs/working.ts';

export interface StoreSettings {
  /** After so long, half of what a customer used counts no more. */
  readonly usageHalfLifeMs: number;
}

/** Submissions of several callers that share a transaction at most. */
const GATHERED = 1000;

/** The verbs over a database; nothing about one kind of database is decided here. */
export function storeOf(database: Database, {usageHalfLifeMs: halfLife}: StoreSettings): Store {
  const gatherTo = (write: Database['write']) =>
    gatherCalls<Submission, readonly Accepted[]>(GATHERED, async calls => {
      const outcomes = await write((session, again) => submitAll(session, calls, again));
      return outcomes.map(outcome => () => {
        if ('error' in outcome) throw outcome.error;
        return outcome.accepted;
      });
    });
  const submitting = gatherTo(work => database.write(work));
  const submittingPlain = gatherTo(work => database.writeAlone(work));
  const submit = (submissions: readonly Submission[]) =>
    (submissions.every(isPlain) ? submittingPlain : submitting).call(submissions);
  return {
    kind: database.kind,
    now: () => database.read(session => session.now()),
    identity: () => database.read(identity),

    lead: candidate => database.write(session => lead(session, candidate)),
    resign: leadership => database.write(session => resign(session, leadership)),
    leader: () => database.read(leader),

    submit: async submissions => (submissions.length === 0 ? [] : submit(submissions)),
    workload: (scope, id) => database.read(session => workload(session, scope, id)),
    workloads: (scope, query) => database.read(session => workloads(session, scope, query)),
    runsOf: (scope, name, limit) => database.read(session => runsOf(session, scope, name, limit)),
    attempts: (scope, id) => database.read(session => attempts(session, scope, id)),
    counts: scope => database.read(session => counts(session, scope)),
    ask: (scope, id, wish, actor) => database.write(session => ask(session, scope, id, wish, actor, halfLife)),

    changes: (cursor, limit) => database.read(session => changes(session, cursor, limit)),
    place(leadership, placements) {
      const leases = newLeases(placements);
      return database.write(session => place(session, leadership, placements, leases, halfLife));
    },
    change: (leadership, wanted) => database.write(session => change(session, leadership, wanted, halfLife)),
    explain: (leadership, reasons) => database.write(session => explain(session, leadership, reasons)),

    report: reports => database.write((session, again) => report(session, reports, halfLife, again)),

    trends: (scope, query) => database.read(session => trends(session, scope, query)),
    spent: (scope, query) => database.read(session => spent(session, scope, query)),
    waiting: (scope, query) => database.read(session => waiting(session, scope, query)),
    reserved: scope => database.read(session => reserved(session, scope)),

    workers: () => database.read(workers),
    beat: beats => database.write(session => beat(session, beats)),
    setDrained: (worker, drained, actor, stop = false) =>
      database.write(session => setDrained(session, worker, drained, stop, actor)),
    forget: (worker, actor) => database.write(session => forget(session, worker, actor)),

    addCheckpoint: (checkpoint, keep) => database.write(session => addCheckpoint(session, checkpoint, keep)),
    checkpoints: (scope, id) => database.read(session => checkpoints(session, scope, id)),
    restore: (scope, id, number, actor) =>
      database.write(session => restore(session, scope, id, number, actor, halfLife)),
    markCorrupt: (id, number, reason) => database.write(session => markCorrupt(session, id, number, reason)),
    putBlob: content => database.write(session => putBlob(session, content)),
    blob: sha256 => database.read(session => blob(session, sha256)),
    putFile: (customer, content, most) => database.write(session => putFile(session, customer, content, most)),
    joinFile: (customer, joined) => database.write(session => joinFile(session, customer, joined)),
    files: (customer, sha256s) => database.write(session => files(session, customer, sha256s)),
    file: sha256 => database.read(session => file(session, sha256)),

    putSchedule: (schedule, actor) => database.write(session => putSchedule(session, schedule, actor)),
    schedules: scope => database.read(session => schedules(session, scope)),
    removeSchedule: (scope, id, actor) => database.write(session => removeSchedule(session, scope, id, actor)),
    setSuspended: (scope, id, suspended, actor) =>
      database.write(session => setSuspended(session, scope, id, suspended, actor)),
    fire: (leadership, firing) => database.write((session, again) => fire(session, leadership, firing, again)),

    putBundle: kept => database.write(session => putBundle(session, kept)),
    bundle: sha256 => database.read(session => bundle(session, sha256)),
    environments: (scope, query) => database.read(session => environments(session, scope, query)),
    environment: (scope, id) => database.read(session => environment(session, scope, id)),
    askChange: (scope, asked) => database.write(session => askChange(session, scope, asked)),
    setHealing: (scope, id, healing, actor) =>
      database.write(session => setHealing(session, scope, id, healing, actor)),
    changesOf: (scope, id, query) => database.read(session => changesOf(session, scope, id, query)),
    changeOf: (scope, id, number) => database.read(session => changeOf(session, scope, id, number)),
    openChanges: () => database.read(openChanges),
    beginChange: (leadership, id, number) => database.write(session => beginChange(session, leadership, id, number)),
    noteRun: (leadership, id, number, run) => database.write(session => noteRun(session, leadership, id, number, run)),
    endChange: (leadership, id, number, outcome) =>
      database.write(session => endChange(session, leadership, id, number, outcome)),
    noteSeen: (leadership, id, seen) => database.write(session => noteSeen(session, leadership, id, seen)),

    putCustomer: (customer, actor) => database.write(session => putCustomer(session, customer, actor)),
    removeCustomer: (id, actor) => database.write(session => removeCustomer(session, id, actor)),
    customers: () => database.read(customers),
    addKey: (key, actor) => database.write(session => addKey(session, key, actor)),
    keyByPrefix: prefix => database.read(session => keyByPrefix(session, prefix)),
    keys: scope => database.read(session => keys(session, scope)),
    revokeKey: (scope, id, actor) => database.write(session => revokeKey(session, scope, id, actor)),
    rotateKey: (id, rotation, actor) => database.write(session => rotateKey(session, id, rotation, actor)),

    events: (scope, query) => database.read(session => events(session, scope, query)),
    newestEvent: () => database.read(newestEvent),
    note: event => database.write(session => note(session, event)),
    async expire(before) {
      const all = {events: 0, workloads: 0};
      for (let most = EXPIRED_AT_ONCE; most === EXPIRED_AT_ONCE; ) {
        const {events, workloads} = await database.write(session => expireSome(session, before));
        all.events += events;
        all.workloads += workloads;
        most = Math.max(events, workloads);
      }
      await database.write(session => expireEnvironments(session, before.workloads));
      await database.write(expireBlobs);
      return all;
    },

    onHint: listener => database.onHint(listener),
    async close() {
      await Promise.all([submitting.idle(), submittingPlain.idle()]);
      await database.close();
    },
  };
}

import type {Account, Accounts} from './accounts.ts';
import type {Backlog, Entry, Group, Lane} from './backlog.ts';
import {Heap} from './heap.ts';
import {type FairShare, ownPoints, tierOf, totalPoints} from './priority.ts';
import type {QueueSettings} from './settings.ts';

/** Whose turn it is. */
export interface Turn {
  readonly account: Account;
  readonly group: Group;
  readonly lane: Lane;
  readonly entry: Entry;
}

interface GroupTurn {
  readonly group: Group;
  /** Those not held up, by their first. */
  readonly lanes: Heap<Lane>;
  entry: Entry;
  points: number;
  overdue: boolean;
}

interface CustomerTurn {
  readonly account: Account;
  readonly groups: Heap<GroupTurn>;
  total: number;
}

/** The order of one round: effective priority, then acceptance. What is held up leaves it, and nobody else is. */
export class Contest {
  readonly #customers = new Heap<CustomerTurn>(
    (a, b) => a.total > b.total || (a.total === b.total && seqOf(a.groups.peek()!) < seqOf(b.groups.peek()!)),
  );
  readonly #fairShare: FairShare;
  readonly #settings: QueueSettings;
  readonly #now: number;

  /** `enters` says which lanes are worth a turn at all. */
  constructor(
    {backlog, accounts, fairShare}: {backlog: Backlog; accounts: Accounts; fairShare: FairShare},
    settings: QueueSettings,
    now: number,
    enters: (account: Account, group: Group, lane: Lane) => boolean,
  ) {
    this.#fairShare = fairShare;
    this.#settings = settings;
    this.#now = now;
    for (const customer of backlog.customers()) {
      const account = accounts.of(customer);
      const groups = new Heap<GroupTurn>(
        (a, b) => a.points > b.points || (a.points === b.points && seqOf(a) < seqOf(b)),
      );
      for (const group of backlog.groupsOf(customer)) {
        const lanes = new Heap<Lane>((a, b) => a.head()!.workload.seq < b.head()!.workload.seq);
        for (const lane of group.lanes.values()) if (enters(account, group, lane)) lanes.push(lane);
        const entry = lanes.peek()?.head();
        if (entry) groups.push(this.#judged(account, {group, lanes, entry, points: 0, overdue: false}));
      }
      this.#enter({account, groups, total: 0});
    }
  }

  /** The first of all that are left; to be followed by one of the verbs below. */
  next(): Turn | undefined {
    const turn = this.#customers.peek();
    const first = turn?.groups.peek();
    if (!turn || !first) return undefined;
    return {account: turn.account, group: first.group, lane: first.lanes.peek()!, entry: first.entry};
  }

  /** It has started, and left the backlog. */
  started({entry, account, lane}: Turn): void {
    this.#fairShare.started(account.view.id, entry.workload);
    this.#goOn(lane.size > 0);
  }

  dropLane(): void {
    this.#goOn(false);
  }

  dropGroup(): void {
    const customer = this.#customers.pop()!;
    customer.groups.pop();
    this.#enter(customer);
  }

  dropCustomer(): void {
    this.#customers.pop();
  }

  #goOn(sameLane: boolean): void {
    const customer = this.#customers.pop()!;
    const group = customer.groups.pop()!;
    const lane = group.lanes.pop()!;
    if (sameLane) group.lanes.push(lane);
    const entry = group.lanes.peek()?.head();
    if (entry) {
      group.entry = entry;
      customer.groups.push(this.#judged(customer.account, group));
    }
    this.#enter(customer);
  }

  #enter(customer: CustomerTurn): void {
    const first = customer.groups.peek();
    if (!first) return;
    const fairShare = this.#fairShare.points(customer.account.view.id);
    customer.total = totalPoints({total: first.points, overdue: first.overdue}, fairShare);
    this.#customers.push(customer);
  }

  #judged(account: Account, turn: GroupTurn): GroupTurn {
    const own = ownPoints(turn.entry.workload, tierOf(account.view.tier, this.#settings), this.#settings, this.#now);
    turn.points = own.total;
    turn.overdue = own.overdue;
    return turn;
  }
}

const seqOf = ({entry}: GroupTurn): number => entry.workload.seq;

// Several `niyanta serve` on one PostgreSQL, as benchmarks have them: which of them leads, what the database says.
import {setTimeout as sleep} from 'node:timers/promises';
import {serve} from '../scripts/served.mjs';

/** Coordinators on one database, of which the leader is killed again and again. */
export class SeveralServes {
  all = [];
  #folder;
  #count;
  #postgres;
  #key;

  constructor(folder, postgres, count) {
    this.#count = count;
    this.#folder = folder;
    this.#postgres = postgres;
  }

  async add() {
    const served = await serve(this.#folder, undefined, {database: this.#postgres.url('postgres')});
    this.#key ??= served.key;
    this.all.push(served);
  }

  /** Kills one. Another one is started when all is well again: its start takes no processor from those that follow. */
  lose(served) {
    this.all = this.all.filter(each => each !== served);
    served.kill();
  }

  async stop() {
    return (await Promise.all(this.all.map(served => served.stop()))).flat();
  }

  async ask(method, path, body, served = this.all[0]) {
    const headers = {authorization: `Bearer ${this.#key}`, ...(body && {'content-type': 'application/json'})};
    const answer = await fetch(`${served.address}${path}`, {
      method,
      headers,
      ...(body && {body: JSON.stringify(body)}),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async leader() {
    for (;;) {
      for (const served of this.all) if ((await this.ask('GET', '/ready', undefined, served)).leads) return served;
      await sleep(50);
    }
  }

  /** As many coordinators as there should be, and all hosts heard of by the leader, with nothing of before on them. */
  async allWell() {
    while (this.all.length < this.#count) await this.add();
    for (;;) {
      const {items} = await this.ask('GET', '/v1/workers', undefined, await this.leader());
      const idle = items.every(({condition, running}) => condition === 'well' && running === 0);
      if (items.length > 0 && idle && (await this.#open()) === 0) return;
      await sleep(200);
    }
  }

  async lastGeneration() {
    const [row] = await this.#rows('select generation from niyanta_serve.leader');
    return Number(row.generation);
  }

  /** The number of the first election after that generation. */
  elected = generation =>
    `select min(seq) from niyanta_serve.events where type = 'leader.elected' and (data::json ->> 'generation')::int > ${generation}`;

  /** When the first event of that kind was written, by the database's clock, which is this machine's. */
  async when(condition) {
    for (;;) {
      const [row] = await this.#rows(`select at from niyanta_serve.events where ${condition} order by seq limit 1`);
      if (row) return Number(row.at);
      await sleep(50);
    }
  }

  /** When the last of them began to run, in this attempt at least. */
  async untilRunning(ids, attempt) {
    const of = `workload in (${ids.map(id => `'${id}'`).join(', ')}) and to_state = 'RUNNING' and attempt >= ${attempt}`;
    for (;;) {
      const [row] = await this.#rows(
        `select max(at) as at, count(distinct workload)::int as count from niyanta_serve.events where ${of}`,
      );
      if (row.count === ids.length) return Number(row.at);
      await sleep(50);
    }
  }

  async #open() {
    const ended = "'SUCCEEDED', 'FAILED', 'CANCELLED'";
    const [row] = await this.#rows(
      `select count(*)::int as count from niyanta_serve.workloads where state not in (${ended})`,
    );
    return row.count;
  }

  #rows = text => this.#postgres.sql('postgres', text);
}

import type {ApiKeyRow, CustomerId, CustomerRow, Role, Store} from '../store/store.ts';
import {hashOfKey, prefixOfKey, sameHash} from './api-key.ts';
import {type ClientGrants, type Credential, grantOf} from './client-certificates.ts';
import {type Identity, identityOf} from './identity.ts';
import {looksLikeToken, type TokenRefused, type TokenVerifier} from './tokens/token-verifier.ts';

export type Refused = 'unknown' | 'expired' | 'revoked' | 'suspended' | 'unknown-certificate' | TokenRefused;

/** How long an answer of the store counts: so late does a key end that was revoked through another coordinator. */
const TRUSTED_MS = 1000;
const MOST_KEYS = 10_000;

interface Known {
  readonly key: ApiKeyRow | undefined;
  readonly until: number;
}

interface KnownToken {
  readonly named: Named;
  readonly until: number;
}

interface KnownCustomers {
  readonly rows: ReadonlyMap<string, CustomerRow>;
  readonly until: number;
}

/** Whom tokens and certificates stand for. */
export interface Trust {
  readonly tokens?: TokenVerifier;
  readonly clients: ClientGrants;
}

/** Of a token or a certificate: who it says it is. */
interface Named {
  readonly name: string;
  readonly role: Role;
  readonly customer?: CustomerId;
  readonly scopes?: readonly string[];
}

/** Finds out whose key, token or certificate it is. What the store says is remembered for a second; `forget` ends that at once. */
export class Door {
  readonly #store: Store;
  readonly #clock: () => number;
  readonly #keys = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<Known>>();
  readonly #tokens = new Map<string, KnownToken>();
  #customers: KnownCustomers | undefined;
  #trust: Trust = {clients: {}};
  #askedCustomers: Promise<KnownCustomers> | undefined;

  /** `clock` tells milliseconds since 1970, for expiry. */
  constructor(store: Store, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** It was found a moment ago, so that asking for it costs nothing. */
  remembers(credential: Credential): boolean {
    if (typeof credential !== 'string') return false;
    if (looksLikeToken(credential)) return this.#knownToken(credential) !== undefined;
    const known = this.#keys.get(prefixOfKey(credential) ?? '');
    return known?.key !== undefined && this.#trusts(known) && sameHash(known.key.hash, hashOfKey(credential));
  }

  /** Other tokens and certificates are good from now on. */
  trust(trust: Trust): void {
    this.#trust = trust;
    this.#tokens.clear();
  }

  /** Errors: those of the store, OutsideError `issuer-unreachable`. */
  identify(credential: Credential): Promise<Identity | Refused> {
    if (typeof credential !== 'string')
      return this.#identified(grantOf(credential, this.#trust.clients) ?? 'unknown-certificate');
    return looksLikeToken(credential) ? this.#ofToken(credential) : this.#ofKey(credential);
  }

  async #ofToken(text: string): Promise<Identity | Refused> {
    const {tokens} = this.#trust;
    if (!tokens) return 'unknown';
    const known = this.#knownToken(text);
    if (known) return this.#identified(known);
    const until = this.#clock() + TRUSTED_MS;
    const named = await tokens.identify(text);
    if (typeof named !== 'string' && this.#trust.tokens === tokens) {
      if (this.#tokens.size >= MOST_KEYS) this.#tokens.clear();
      this.#tokens.set(hashOfKey(text), {named, until});
    }
    return this.#identified(named);
  }

  #knownToken(text: string): Named | undefined {
    const known = this.#tokens.get(hashOfKey(text));
    return known && this.#trusts(known) ? known.named : undefined;
  }

  async #identified(named: Named | Refused): Promise<Identity | Refused> {
    if (typeof named === 'string') return named;
    const {customer: id, ...who} = named;
    if (id === undefined) return {...who, keyId: who.name};
    const customer = await this.customer(id);
    if (customer === undefined) return 'token-customer';
    return customer.suspended ? 'suspended' : {...who, keyId: who.name, customer};
  }

  async #ofKey(text: string): Promise<Identity | Refused> {
    const prefix = prefixOfKey(text);
    if (prefix === undefined) return 'unknown';
    const {key} = await this.#known(prefix);
    if (key === undefined || !sameHash(key.hash, hashOfKey(text))) return 'unknown';
    if (key.revokedAt !== undefined) return 'revoked';
    if (key.expiresAt !== undefined && key.expiresAt <= this.#clock()) return 'expired';
    if (key.customer === undefined) return identityOf(key, undefined);
    const customer = await this.customer(key.customer);
    if (customer === undefined) return 'unknown';
    return customer.suspended ? 'suspended' : identityOf(key, customer);
  }

  /** At most a second old; one that is new is found at once. */
  async customer(id: CustomerId): Promise<CustomerRow | undefined> {
    const known = (await this.#customersNow()).get(id);
    if (known) return known;
    this.#customers = undefined;
    return (await this.#customersNow()).get(id);
  }

  async #customersNow(): Promise<ReadonlyMap<string, CustomerRow>> {
    if (this.#customers && this.#trusts(this.#customers)) return this.#customers.rows;
    const asked = this.#askedCustomers ?? this.#askCustomers();
    this.#askedCustomers = asked;
    try {
      const answer = await asked;
      if (this.#askedCustomers === asked) this.#customers = answer;
      return answer.rows;
    } finally {
      if (this.#askedCustomers === asked) this.#askedCustomers = undefined;
    }
  }

  /** Something about keys or customers was changed here. */
  forget(): void {
    this.#keys.clear();
    this.#asked.clear();
    this.#customers = undefined;
    this.#askedCustomers = undefined;
  }

  async #known(prefix: string): Promise<Known> {
    const known = this.#keys.get(prefix);
    if (known && this.#trusts(known)) return known;
    const asked = this.#asked.get(prefix) ?? this.#ask(prefix);
    this.#asked.set(prefix, asked);
    try {
      const answer = await asked;
      // An answer that was on its way while something was forgotten is not remembered.
      if (this.#asked.get(prefix) === asked) this.#remember(prefix, answer);
      return answer;
    } finally {
      if (this.#asked.get(prefix) === asked) this.#asked.delete(prefix);
    }
  }

  async #ask(prefix: string): Promise<Known> {
    const until = this.#clock() + TRUSTED_MS;
    return {key: await this.#store.keyByPrefix(prefix), until};
  }

  #remember(prefix: string, known: Known): void {
    // Prefixes that nobody has are not kept: they come from outside, as many as somebody likes.
    if (known.key === undefined) return;
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(prefix, known);
  }

  async #askCustomers(): Promise<KnownCustomers> {
    const until = this.#clock() + TRUSTED_MS;
    return {rows: new Map((await this.#store.customers()).map(row => [row.id, row])), until};
  }

  /** Nothing is trusted for longer because the clock was put back. */
  #trusts({until}: {readonly until: number}): boolean {
    const left = until - this.#clock();
    return left > 0 && left <= TRUSTED_MS;
  }
}

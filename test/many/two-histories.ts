import { livesOf, shipmentsOf } from "../chaos/history.ts";
import type { Balance } from "../chaos/balance.ts";
import { newDestination, sendInOrder, settledBalance } from "../chaos/ledger.ts";
import { Senders } from "../chaos/senders.ts";
import type { ConsoleClient } from "../support/console-client.ts";
import { finalState, type FinalState } from "../support/final-state.ts";
import { LIFE } from "../support/lives.ts";
import { seededRandom } from "../support/random.ts";

/** What there is in the end of the same lives, sent to two tenants. */
export interface TwoHistories {
  readonly customers: number;
  /** Of the tenant who got them out of order, some of them twice, each ingest in turn. */
  readonly balance: Balance;
  readonly shuffled: FinalState;
  readonly inOrder: FinalState;
}

const CUSTOMERS = 4;

/** @param apis two consoles: what is set at one is asked of the other. */
export async function twoHistories([api, other]: readonly [ConsoleClient, ConsoleClient], ingestUrls: readonly string[], patienceMs: number): Promise<TwoHistories> {
  const lives = livesOf(CUSTOMERS * LIFE.length);
  const [shuffled, inOrder] = [await newDestination(api, ingestUrls, "shuffled"), await newDestination(other, ingestUrls, "in-order")];
  const senders = new Senders(shuffled, AbortSignal.timeout(patienceMs));
  await senders.send(shipmentsOf(lives, seededRandom(1)), 2_000);
  const balance = await settledBalance(api, shuffled, lives.flat(), senders.sent, patienceMs);
  await sendInOrder(api, inOrder, lives, patienceMs);
  return {
    customers: CUSTOMERS,
    balance,
    shuffled: await finalState(other, shuffled.tenantId),
    inOrder: await finalState(api, inOrder.tenantId),
  };
}

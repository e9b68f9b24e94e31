import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { connectors, isProvider, PROVIDERS, type Connector, type Provider, type SigningSecret } from "@mara/connectors";
import { QueueUnavailable, type EventJob, type Intake } from "@mara/queue";
import type { Logger } from "@mara/runtime";
import { TENANT_ID, usableSecrets, type UsableSecrets } from "@mara/store";
import type { Followed } from "./follow.ts";
import { joblessDeliveryOf, type Told } from "./jobless-delivery.ts";
import type { Outcome } from "./outcome.ts";
import type { Body } from "./read-body.ts";
import { readTable } from "./read-table.ts";
import { createRefuse } from "./refuse.ts";
import type { Found, SecretCache } from "./secret-cache.ts";

/** A delivery as it stands at the door. */
export interface Arrival {
  /** A UUID of version 7, made of the time of receipt. It names the delivery, and the request in the log. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** As they stand in the path. Neither has anything to decode. */
  readonly provider: string;
  readonly tenantId: string;
  readonly headers: IncomingHttpHeaders;
  /** Null where nobody follows. */
  readonly followed: Followed | null;
  /** Asked for once, and only where the provider is known. */
  readBody(): Promise<Body>;
}

export interface ReceiveOptions {
  readonly intake: Pick<Intake, "admit" | "note">;
  readonly secrets: Pick<SecretCache, "lookUp">;
  readonly log: Logger;
  /** The largest body, as it came and as it is kept. */
  readonly maxBodyBytes: number;
}

/** Takes a delivery from its bytes to its outcome. */
export type Receive = (arrival: Arrival) => Promise<Outcome>;

export function createReceive({ intake, secrets, log, maxBodyBytes }: ReceiveOptions): Receive {
  const decoys = makeDecoys();
  const refuse = createRefuse(log);

  async function receive(arrival: Arrival): Promise<Outcome> {
    const { id, provider, tenantId, headers, receivedAt, followed } = arrival;
    if (!isProvider(provider)) return { kind: "unknown_provider" };
    const connector: Connector = connectors[provider];

    followed?.step("read the body");
    const body = await arrival.readBody();
    if (body.kind === "gone") return { kind: "gone" };
    if (body.kind === "too_much") return refuse("memory");

    followed?.step("look up the secret");
    const found = await (TENANT_ID.test(tenantId) ? secrets.lookUp(tenantId) : UNKNOWN_TENANT);
    if (found.kind === "unavailable") return refuse("postgres");
    const usable = usableOf(found, provider, receivedAt);

    // Who has no secret is put to the same work as who has one: the time taken tells nobody which tenants exist.
    followed?.step("verify");
    const delivery = { headers, body: body.kind === "read" ? body.bytes : NOTHING };
    const checked = usable.kind === "opened" ? usable.secrets : (decoys.get(provider) ?? []);
    const verdict = connector.verify(delivery, checked, receivedAt);
    if (found.kind === "unknown_tenant") return { kind: "unknown_tenant" };
    // The signature may well be right: the provider must keep the event and send it again.
    if (usable.kind === "sealed") return refuse("key");

    const tell = (what: Told) => intake.note(joblessDeliveryOf(arrival, provider, what));
    const reject = (outcome: Outcome, reason: string, secretId: string | null = null): Outcome => {
      tell({ outcome: "rejected", reason, secretId, event: null });
      return outcome;
    };
    if (usable.kind === "none") return reject({ kind: "no_signing_secret" }, "no_signing_secret");
    if (body.kind === "too_large") return reject({ kind: "payload_too_large" }, "payload_too_large");
    // The one that can't be opened may have made it, a secret just pasted for instance, whose key this process has yet to get.
    if (!verdict.ok && verdict.reason === "mismatch" && usable.hasSealed) return refuse("key");
    if (!verdict.ok) return reject({ kind: "invalid_signature", reason: verdict.reason }, verdict.reason);

    const { secretId } = verdict.delivery;
    followed?.step("normalise");
    const identified = connector.identify(verdict.delivery, receivedAt);
    if (!identified.ok) return reject({ kind: "malformed_payload" }, "malformed_payload", secretId);

    const { event, kept, dedupe } = identified;
    // What is kept is written anew where something was taken out of it, and a number may be longer then: `1e20`.
    if (Buffer.byteLength(kept.body) > maxBodyBytes) return reject({ kind: "payload_too_large" }, "payload_too_large", secretId);
    followed?.identified(event);
    const { ignored, hasFacts } = readTable(connector, event, (error) => {
      // Its message may quote the event; its name can't.
      log.error({ requestId: id, tenantId, provider, type: nameOf(error) }, "a mapping failed");
    });
    if (ignored !== null && !hasFacts) {
      tell({ outcome: "ignored", reason: ignored, secretId, event });
      return { kind: "ignored", reason: ignored, enqueued: false };
    }

    followed?.step("admit");
    const admitted = await admit({
      tenantId,
      provider,
      deliveryId: id,
      eventId: event.id,
      eventType: event.type,
      receivedAt,
      secretId,
      requestId: id,
      dedupe,
      replay: false,
      body: kept.body,
      trace: followed?.traceparent,
    });
    if (admitted.kind === "duplicate") tell({ outcome: "duplicate", reason: "received before", secretId, event });
    return admitted.kind === "queued" && ignored !== null ? { kind: "ignored", reason: ignored, enqueued: true } : admitted;
  }

  async function admit(job: EventJob): Promise<Outcome> {
    try {
      return { kind: await intake.admit(job) };
    } catch (error) {
      if (error instanceof QueueUnavailable) return refuse(error.reason, error);
      throw error;
    }
  }

  return receive;
}

const NOTHING = Buffer.alloc(0);
const UNKNOWN_TENANT: Found = { kind: "unknown_tenant" };

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** A secret of each provider that nobody has. */
function makeDecoys(): ReadonlyMap<Provider, readonly SigningSecret[]> {
  return new Map(
    PROVIDERS.map((provider) => [provider, [{ id: "decoy", value: connectors[provider].makeSecret(randomBytes(32)) }]]),
  );
}

function usableOf(found: Found, provider: Provider, now: number): UsableSecrets {
  return found.kind === "secrets" ? usableSecrets(found.of, provider, now) : { kind: "none" };
}

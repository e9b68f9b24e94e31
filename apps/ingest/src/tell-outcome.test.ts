import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { once } from "node:events";
import { connect } from "node:net";
import { connectors } from "@mara/connectors";
import { createLogger } from "@mara/runtime";
import { z } from "zod";
import { eventually } from "../../../test/support/eventually.ts";
import { openIngest, sampleOf, type Answered, type OpenIngest } from "../test/open-ingest.ts";
import { tellOutcome } from "./tell-outcome.ts";

const line = z.looseObject({ level: z.string(), msg: z.string(), requestId: z.string().optional(), outcome: z.string().optional() });
type Line = z.infer<typeof line>;

const linesIn = (log: readonly string[]): Line[] => log.map((text) => line.parse(JSON.parse(text)));

describe("at debug", () => {
  let ingest: OpenIngest;

  beforeEach(async () => {
    ingest = await openIngest({ maxBodyBytes: 10_000 });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await ingest.close();
  });

  /** What the log says of an answer, by its id. */
  const told = ({ headers }: { readonly headers: Headers }) =>
    linesIn(ingest.log).filter(({ requestId }) => requestId === headers.get("x-request-id"));
  const deliver = (provider: "stripe" | "polar", type: string) => ingest.deliver(provider, sampleOf(provider, type));
  const ours = { tenantId: "demo", provider: "stripe" };

  it.each<[string, () => Promise<Answered>, object]>([
    ["queued", () => deliver("stripe", "charge.refunded"), ours],
    ["ignored", () => deliver("polar", "customer.created"), { reason: expect.stringMatching(/\w/), enqueued: false }],
    ["malformed_payload", () => ingest.deliver("stripe", { id: "evt", body: "no event" }), ours],
    ["invalid_signature", () => ingest.post("/api/webhooks/stripe/demo", "{}"), { ...ours, reason: "missing" }],
    ["payload_too_large", () => ingest.post("/api/webhooks/stripe/demo", "x".repeat(20_000)), ours],
    ["unknown_tenant", () => ingest.post("/api/webhooks/stripe/nobody", "{}"), { tenantId: "nobody", provider: "stripe" }],
    ["unknown_provider", () => ingest.post("/api/webhooks/nobody/demo", "{}"), { tenantId: "demo" }],
  ])("an answer of %s has one line with its id", async (outcome, send, beside) => {
    expect(told(await send())).toEqual([expect.objectContaining({ level: "debug", outcome, ...beside })]);
  });

  it("so has each that only a method or an outage has kept from more", async () => {
    const asked = await fetch(`${ingest.url}/api/webhooks/stripe/demo`);
    expect(told(asked)).toEqual([expect.objectContaining({ outcome: "method_not_allowed" })]);
    await ingest.signalRedis("SIGKILL");
    expect(told(await deliver("stripe", "charge.refunded"))).toEqual([expect.objectContaining({ outcome: "unavailable", reason: "redis", ...ours })]);
  });

  it("so has a sender that hangs up", async () => {
    const { hostname, port } = new URL(ingest.url);
    const sender = connect(Number(port), hostname);
    await once(sender, "connect");
    sender.write("POST /api/webhooks/stripe/demo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf", () => sender.destroy());
    const gone = await eventually(() => linesIn(ingest.log).filter(({ outcome }) => outcome === "gone"), ({ length }) => length > 0);
    expect(gone).toEqual([expect.objectContaining({ requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), ...ours })]);
  });

  it("a name in the path that nothing of ours can have is not told", async () => {
    const answers = [
      await ingest.post(`/api/webhooks/stripe/${"a".repeat(64)}`, "{}"),
      await ingest.post("/api/webhooks/stripe/ada@example.com", "{}"),
      await ingest.post("/api/webhooks/chosen-by-a-stranger/Nobody", "{}"),
    ];
    expect(answers.flatMap(told)).toHaveLength(3);
    expect(ingest.log.join("")).not.toMatch(/a{64}|ada@|chosen|Nobody/);
  });

  it("a mapping that fails is told of with the delivery, its tenant and its provider, and nothing of the event", async () => {
    jest.spyOn(connectors.stripe, "normalise").mockImplementation(() => {
      throw new RangeError("quotes ada@example.com");
    });
    const answer = await deliver("stripe", "charge.refunded");
    expect(answer).toMatchObject({ status: 200, body: { status: "queued" } });
    expect(told(answer)).toContainEqual(expect.objectContaining({ level: "error", msg: "a mapping failed", type: "RangeError", ...ours }));
    expect(ingest.log.join("")).not.toContain("ada@");
  });
});

describe("above debug", () => {
  it("nothing is told of a delivery's outcome, and nothing made for it", () => {
    const written = jest.fn();
    const read = jest.fn(() => "demo");
    const named = Object.defineProperty({ id: "1", provider: "stripe", tenantId: "" }, "tenantId", { get: read });
    tellOutcome(createLogger("ingest", "info", { write: written }), named, { kind: "queued" });
    expect([written, read].map(({ mock }) => mock.calls)).toEqual([[], []]);
    tellOutcome(createLogger("ingest", "debug", { write: written }), named, { kind: "queued" });
    expect(written).toHaveBeenCalledTimes(1);
  });
});

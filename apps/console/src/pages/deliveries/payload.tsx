import { h } from "preact";
import { Notice } from "../parts/small.tsx";
import type { SeenDelivery } from "./look.ts";
import { KINDS } from "./personal.ts";
import { redact } from "./redact.ts";

/** What a delivery carried, without what is personal. */
export function Payload({ delivery }: { delivery: SeenDelivery }) {
  const body = delivery.stored?.body ?? null;
  if (body === null) return <p class="soft">{absence(delivery)}</p>;
  const shown = redact(body);
  if (shown === null) return <Notice tone="warn">What is kept of it is no JSON, so nothing of it is shown.</Notice>;
  return (
    <>
      <p class="soft small">
        Shown without e-mail addresses, names, addresses, phone numbers, IP addresses, what people wrote, secrets, and what stands in custom fields and
        metadata: a contact's page has its own.
        {shown.isCut && " It is long: what is missing is marked with …"}
      </p>
      <pre class="payload" dir="ltr">
        <Code text={shown.text} />
      </pre>
    </>
  );
}

/** What stands in place of something is set apart from what stood there. */
function Code({ text }: { text: string }) {
  const parts = text.split(MARKERS).map((part, i) => (i % 2 === 0 ? part : redacted(part)));
  return h("code", {}, ...parts);
}

function redacted(marker: string) {
  return <i class="redacted">{marker}</i>;
}

const MARKERS = new RegExp(`("\\[(?:${KINDS.join("|")})\\]")`);

function absence({ outcome, stored }: SeenDelivery): string {
  if (stored === null) return "It is with its job on the queue. Once that is done, it can be looked at here.";
  if (outcome === "rejected") return "Nothing is kept of what was rejected: who sent it is not known.";
  if (outcome === "duplicate") return "The first delivery of the event has it.";
  return "It is not kept: nothing in it was of use, it became older than payloads are kept, or its person was erased.";
}

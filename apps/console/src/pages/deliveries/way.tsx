import { connectors } from "@mara/connectors";
import type { Tenant } from "@mara/store";
import { isMendedByPasting } from "../../problem.ts";
import { displayNameOf } from "../contacts/person.tsx";
import { gistOf } from "../events/event-data.ts";
import { EventBadge } from "../events/moment.tsx";
import { rowOf } from "../integrations/look.ts";
import { pathOf } from "../layout.tsx";
import { Badge, Foreign, isTelling } from "../parts/small.tsx";
import { Step } from "../parts/step.tsx";
import { Ago, exactly } from "../parts/time.tsx";
import type { SeenDelivery } from "./look.ts";
import { lasted, OUTCOME_WORDS, reasonInWords } from "./words.ts";

export interface WayProps {
  readonly tenant: Tenant;
  readonly delivery: SeenDelivery;
  readonly now: number;
}

/** A delivery's way, step by step: the part of its page that is kept fresh. */
export function DeliveryWay(props: WayProps) {
  const { isWaiting, stored } = props.delivery;
  return (
    <>
      {isWaiting && stored !== null && (
        <p class="row">
          <Badge tone="accent">On its queue again</Badge>
          <span class="soft">What came of it before stands here until it is processed.</span>
        </p>
      )}
      <ol class="way">
        <Received {...props} />
        <Verified {...props} />
        <Decided {...props} />
        <About {...props} />
        <Became {...props} />
      </ol>
    </>
  );
}

function Received({ tenant, delivery, now }: WayProps) {
  const at = new Date(delivery.receivedAt);
  return (
    <Step title="Received" state="done">
      <p>
        <Ago at={at} now={now} /> <span class="soft">{exactly(at)}</span>
      </p>
      <p class="mono small soft">{`POST /api/webhooks/${delivery.provider}/${tenant.id}`}</p>
      {delivery.requestId !== null && (
        <p class="small soft">
          Request{" "}
          <span class="mono">
            <Foreign text={delivery.requestId} max={100} />
          </span>
        </p>
      )}
    </Step>
  );
}

function Verified({ tenant, delivery }: WayProps) {
  const { provider, isVerified, reason, stored } = delivery;
  if (!isVerified) {
    return (
      <Step title="Not verified" state="bad">
        <p>{reasonInWords(reason)}</p>
        {isMendedByPasting(reason) && (
          <p>
            <a href={rowOf(tenant.id, provider)}>Paste the secret of {connectors[provider].label}</a>
          </p>
        )}
      </Step>
    );
  }
  const secret = stored?.secret ?? null;
  return (
    <Step title="Verified" state="done">
      {secret !== null && secret.hint !== null && isTelling(secret.hint) ? (
        <p>
          With the signing secret <span class="mono">{secret.hint}</span>
        </p>
      ) : (
        <p class="soft">{secret?.hint === null ? "With a signing secret that has been removed since." : "Its signature is right."}</p>
      )}
    </Step>
  );
}

function Decided({ delivery }: WayProps) {
  const { outcome, processedAt, receivedAt, isVerified, contact } = delivery;
  if (!isVerified) return <NotReached title="Decision" waits={false}>Nothing that is not verified is read.</NotReached>;
  const { label, tone } = OUTCOME_WORDS[outcome];
  const state = outcome === "queued" ? "now" : outcome === "failed" || outcome === "rejected" ? "bad" : "done";
  return (
    <Step title="Decision" state={state}>
      <p class="row" data-say={label}>
        <Badge tone={tone}>{label}</Badge>
        {processedAt !== null && <span class="small soft">{`${lasted(Date.parse(processedAt) - Date.parse(receivedAt))} after it was received`}</span>}
      </p>
      <p>{decisionInWords(delivery)}</p>
      {outcome === "failed" && <p class="soft">Its payload is kept. Replay it once the cause is mended.</p>}
      {outcome === "ignored" && contact !== null && <p class="soft">What it told of its contact was taken in all the same.</p>}
      {outcome === "duplicate" && <p class="soft">Nothing was done twice.</p>}
    </Step>
  );
}

function decisionInWords({ outcome, reason }: SeenDelivery): string {
  if (reason !== null) return reasonInWords(reason);
  if (outcome === "queued") return "It waits for its turn.";
  if (outcome === "processed") return "It became an event.";
  return outcome === "ignored" ? "Nothing became of it." : "";
}

function About({ tenant, delivery }: WayProps) {
  const { contact, outcome } = delivery;
  if (contact !== null) {
    return (
      <Step title="Contact" state="done">
        <p>
          <a href={`${pathOf(tenant.id, "contacts")}/${contact.id}`}>
            <Foreign text={displayNameOf(contact)} max={100} />
          </a>
        </p>
      </Step>
    );
  }
  return (
    <NotReached title="Contact" waits={outcome === "queued"}>
      {isErased(delivery) ? "The contact that it led to was erased." : "It led to no contact."}
    </NotReached>
  );
}

function Became({ tenant, delivery }: WayProps) {
  const event = delivery.stored?.event ?? null;
  if (event === null) {
    return (
      <NotReached title="Moment" waits={delivery.outcome === "queued"}>
        {isErased(delivery) ? "The event was erased together with its contact." : "No event was recorded for it."}
      </NotReached>
    );
  }
  const gist = gistOf(event.data);
  const inTimeline = event.contactId && `${pathOf(tenant.id, "contacts")}/${event.contactId}/events/${event.id}`;
  return (
    <Step title="Moment" state="done">
      <p class="row">
        <EventBadge type={event.type} />
        {gist !== "" && <Foreign text={gist} max={120} />}
      </p>
      <p class="small soft">
        {event.repeatOf !== null && "A repeat of an earlier event of the same thing. "}
        {inTimeline && <a href={inTimeline}>See it in the timeline</a>}
      </p>
    </Step>
  );
}

/** What was processed became an event; where there is none any more, its contact was erased. */
function isErased({ outcome, stored }: SeenDelivery): boolean {
  return outcome === "processed" && stored !== null && stored.event === null;
}

/** A step that nothing came to, and why; or not yet, while it waits. */
function NotReached({ title, waits, children }: { title: string; waits: boolean; children: string }) {
  return (
    <Step title={title} state={waits ? "next" : "none"}>
      <p class="soft">{waits ? "Known once it is processed." : children}</p>
    </Step>
  );
}

/** Names the page of a delivery. */
export function titleOf({ provider, providerEventType }: Pick<SeenDelivery, "provider" | "providerEventType">): string {
  return `${connectors[provider].label} ${providerEventType ?? "delivery"}`;
}

import { displayNameOf } from "../contacts/person.tsx";
import { OUTCOME_WORDS } from "../deliveries/words.ts";
import { Badge, Foreign } from "../parts/small.tsx";
import { Step } from "../parts/step.tsx";
import type { Journey } from "./follow.ts";

/** What ingest answered to the event. */
export interface IngestAnswer {
  readonly status: number;
  /** The answer's body, as it came. */
  readonly body: string;
}

/** An event that was sent. */
export interface Sent {
  /** The sample that was chosen; empty where that was left to us. */
  readonly chosen: string;
  readonly type: string;
  readonly eventId: string;
  readonly answer: IngestAnswer;
}

/** Whether ingest took it in. What it turned away goes no further. */
export function wasTaken({ answer }: Sent): boolean {
  return answer.status === 200;
}

/** An event's way, step by step, as far as it has come. */
export function TestEventWay({ tenantId, sent, journey }: { tenantId: string; sent: Sent; journey: Journey }) {
  return (
    <ol class="way">
      <Step state="done" title="Sent">
        <p>
          <code>
            <Foreign text={sent.type} max={100} />
          </code>
          , signed with your secret
        </p>
        <p class="small soft mono">
          <Foreign text={sent.eventId} max={100} />
        </p>
      </Step>
      <Step state={wasTaken(sent) ? "done" : "bad"} title={`Ingest answered ${sent.answer.status}`}>
        <code>
          <Foreign text={sent.answer.body} max={300} />
        </code>
      </Step>
      {wasTaken(sent) && <Rest tenantId={tenantId} journey={journey} />}
    </ol>
  );
}

function Rest({ tenantId, journey }: { tenantId: string; journey: Journey }) {
  if (journey.at !== "end") {
    return (
      <>
        <Step state="now" title={journey.at === "queue" ? "Waits on the queue" : "On its way"}>
          <p class="soft">It takes a moment. If it stays here, the worker may be away.</p>
        </Step>
        <Step state="next" title="Contact" />
        <Step state="next" title="Moment" />
      </>
    );
  }
  const { delivery, contact } = journey;
  const { event, outcome, reason, processedAt, receivedAt } = delivery;
  const took = processedAt === null ? "" : `, ${(processedAt - receivedAt).toLocaleString("en")} ms after it arrived`;
  return (
    <>
      <Step state={outcome === "failed" || outcome === "rejected" ? "bad" : "done"} title={`Worked off${took}`}>
        <p>
          <Badge tone={OUTCOME_WORDS[outcome].tone}>{OUTCOME_WORDS[outcome].label}</Badge> {reason !== null && <Foreign text={reason} max={400} />}
        </p>
        <p class="small">
          <a href={`/tenants/${tenantId}/deliveries/${delivery.id}`}>Open the delivery</a>
        </p>
      </Step>
      <Step state={contact === null ? "none" : "done"} title="Contact">
        {contact === null ? (
          <p class="soft">None: the event told of nobody.</p>
        ) : (
          <a href={`/tenants/${tenantId}/contacts/${contact.id}`}>
            <Foreign text={displayNameOf(contact)} max={120} />
          </a>
        )}
      </Step>
      <Step state={event === null ? "none" : "done"} title="Moment">
        {event === null ? (
          <p class="soft">None: this event changes contacts at most.</p>
        ) : (
          <p data-say={`Arrived: ${event.type}`}>
            <Badge tone="accent">{event.type}</Badge> {event.repeatOf !== null && "a repeat of one that was there before"}
          </p>
        )}
      </Step>
    </>
  );
}

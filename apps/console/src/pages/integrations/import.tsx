import type { Backfill, Tenant } from "@mara/store";
import type { Viewer } from "../layout.tsx";
import { Badge, count, Csrf, isTelling, TextField, type Tone } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";
import type { Overview, Seen } from "./look.ts";

const START_FORM = "import-start";
const CANCEL_FORM = "import-cancel";

const STATUSES = {
  waiting: { tone: "accent", words: "Waiting" },
  running: { tone: "accent", words: "Running" },
  done: { tone: "good", words: "Done" },
  failed: { tone: "bad", words: "Failed" },
  canceled: { tone: "idle", words: "Canceled" },
} as const satisfies Record<Backfill["status"], { tone: Tone; words: string }>;

export interface ImportProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly seen: Seen;
  readonly overview: Overview;
  /** What is wrong with the API key that was pasted. */
  readonly problem: string | undefined;
  readonly now: number;
}

/** Clerk's API key, and the import that it makes possible. */
export function Import({ viewer, tenant, seen, overview, problem, now }: ImportProps) {
  const path = `/tenants/${tenant.id}/integrations/clerk`;
  return (
    <section class="stack" aria-labelledby="import-title">
      <h4 id="import-title">People who signed up before</h4>
      <form class="stack" method="post" action={`${path}/api-key`}>
        <Csrf viewer={viewer} />
        <TextField
          id="api-key"
          name="apiKey"
          label={seen.apiKey === null ? "Clerk's secret key" : "Replace Clerk's secret key"}
          type="password"
          required
          maxLength={2_000}
          placeholder="sk_live_…"
          hint={
            seen.apiKey === null ? (
              "From API keys in the Clerk Dashboard. Pasting it starts the import; no journey runs for those who are imported."
            ) : isTelling(seen.apiKey.hint) ? (
              <>
                In use: <code>{seen.apiKey.hint}</code>
              </>
            ) : (
              "One is in use."
            )
          }
          {...(problem !== undefined && { problem })}
        />
        <button data-kind={seen.apiKey === null ? "primary" : undefined}>{seen.apiKey === null ? "Save and import" : "Replace key"}</button>
      </form>
      {/* The buttons stand in the part that is kept fresh; the forms with their tokens can't. */}
      <form id={START_FORM} method="post" action={`${path}/import`}>
        <Csrf viewer={viewer} />
      </form>
      <form id={CANCEL_FORM} method="post" action={`${path}/import/cancel`}>
        <Csrf viewer={viewer} />
      </form>
      <div class="stack" data-live="import">
        <ImportState backfill={overview.backfill} hasKey={seen.apiKey !== null} now={now} />
      </div>
    </section>
  );
}

/** That an import is under way, or came to nothing: said also where the row is folded up. */
export function ImportBadge({ backfill, hasKey }: { backfill: Backfill | null; hasKey: boolean }) {
  if (backfill?.status === "running" || backfill?.status === "waiting") return <Badge tone="accent">Importing</Badge>;
  return backfill?.status === "failed" && hasKey ? <Badge tone="bad">Import failed</Badge> : null;
}

/** How far the import is, or how it ended. */
export function ImportState({ backfill, hasKey, now }: { backfill: Backfill | null; hasKey: boolean; now: number }) {
  const start = hasKey && <button form={START_FORM}>{backfill === null ? "Import now" : "Import again"}</button>;
  if (backfill === null) return <div>{start}</div>;
  const { status, total, seen, error, startedAt, finishedAt } = backfill;
  const { tone, words } = STATUSES[status];
  const goesOn = status === "running" || status === "waiting";
  return (
    <>
      <p class="row" data-say={`Import: ${words}`}>
        <Badge tone={tone}>{words}</Badge>
        <span class="soft small">
          {finishedAt === null ? "since " : "ended "}
          <Ago at={new Date(finishedAt ?? startedAt)} now={now} />
        </span>
      </p>
      {goesOn && <Bar backfill={backfill} />}
      <dl class="figures">
        <Figure name="Seen" value={total === null ? count(seen) : `${count(seen)} of ${count(Math.max(total, seen))}`} />
        <Figure name="Created" value={count(backfill.created)} />
        <Figure name="Updated" value={count(backfill.updated)} />
        <Figure name="Skipped" value={count(backfill.skipped)} />
      </dl>
      {error !== null && <p class="field-error">{error}</p>}
      <div>{goesOn ? <button form={CANCEL_FORM}>Cancel the import</button> : start}</div>
    </>
  );
}

function Bar({ backfill }: { backfill: Backfill }) {
  const { total, seen } = backfill;
  const wait = waitInWords(backfill);
  const value = total === null ? {} : { max: Math.max(total, seen, 1), value: seen };
  return (
    <div>
      <progress aria-label="Import" {...value} />
      {wait !== null && <p class="small soft">{wait}</p>}
    </div>
  );
}

/** What an import under way waits for; null while it runs. */
function waitInWords({ status, isHeldUp }: Backfill): string | null {
  if (isHeldUp) return "Clerk does not answer at the moment, or asks us to wait. It is tried again by itself: there is nothing to do.";
  return status === "waiting" ? "Waits for its turn" : null;
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="figure">{value}</dd>
    </div>
  );
}

import { connectors } from "@mara/connectors";
import { DEFAULT_OVERLAP_HOURS, MAX_OVERLAP_HOURS, type SecretHint, type Tenant } from "@mara/store";
import type { Viewer } from "../layout.tsx";
import { Badge, Csrf, isTelling, TextField } from "../parts/small.tsx";
import { Ago } from "../parts/time.tsx";
import type { Seen } from "./look.ts";

/** The first is sent as no choice: whoever pastes the secret in use again without one shortens no other's time. */
const OVERLAPS = [
  ["", `for ${DEFAULT_OVERLAP_HOURS} hours`],
  ["1", "for 1 hour"],
  ["168", "for 7 days"],
  [String(MAX_OVERLAP_HOURS), `for ${MAX_OVERLAP_HOURS / 24} days`],
  ["0", "no longer: it stops at once"],
] as const;

/** The secrets that are active: what stands inside the live part of a row. */
export function ActiveSecrets({ seen, now }: { seen: Seen; now: number }) {
  if (seen.secrets.length === 0) return <p class="soft">None yet: every delivery is turned away until there is one.</p>;
  return (
    <ul class="secrets">
      {seen.secrets.map((secret) => (
        <li key={secret.id} data-key={secret.id}>
          {isTelling(secret.hint) && <code>{secret.hint}</code>}
          <Standing secret={secret} now={now} />
          <span class="small soft">
            pasted <Ago at={new Date(secret.createdAt)} now={now} />
          </span>
          <span class="small soft">
            {secret.lastUsedAt === null ? (
              "not used yet"
            ) : (
              <>
                last used <Ago at={new Date(secret.lastUsedAt)} now={now} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Standing({ secret, now }: { secret: SecretHint; now: number }) {
  if (secret.expiresAt === null) return <Badge tone="good">Active</Badge>;
  return (
    <Badge tone="warn">
      Ends <Ago at={new Date(secret.expiresAt)} now={now} />
    </Badge>
  );
}

export interface SecretFormProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly seen: Seen;
  /** What is wrong with what was pasted. */
  readonly problem: string | undefined;
  /** What was chosen beside it; null where nothing was yet. */
  readonly overlapHours: string | null;
}

/** Write-only: what is pasted is never shown again. */
export function SecretForm({ viewer, tenant, seen, problem, overlapHours }: SecretFormProps) {
  const { provider, label, configured } = seen;
  return (
    <form class="stack" method="post" action={`/tenants/${tenant.id}/integrations/${provider}/secret`}>
      <Csrf viewer={viewer} />
      <TextField
        id={`secret-${provider}`}
        name="signingSecret"
        label={configured ? "Replace the signing secret" : "Signing secret"}
        type="password"
        required
        maxLength={2_000}
        placeholder={connectors[provider].secretPrefixes.signing.map((prefix) => `${prefix}…`).join(" or ")}
        hint={`As ${label} shows it. It is kept encrypted, and never shown again.`}
        {...(problem !== undefined && { problem })}
      />
      {configured && (
        <div class="field">
          <label for={`overlap-${provider}`}>The one before it goes on being accepted</label>
          <select id={`overlap-${provider}`} name="overlapHours">
            {OVERLAPS.map(([hours, words]) => (
              <option key={hours} value={hours} selected={hours === overlapHours}>
                {words}
              </option>
            ))}
          </select>
        </div>
      )}
      <button data-kind="primary">{configured ? "Replace secret" : "Save secret"}</button>
    </form>
  );
}

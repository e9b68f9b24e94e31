import type { Tenant } from "@mara/store";
import { Layout, pathOf, type Viewer } from "../layout.tsx";
import { LiveState } from "../parts/live-state.tsx";
import { linkTo } from "../parts/query.ts";
import { Csrf, Foreign, Notice } from "../parts/small.tsx";
import { canBeReplayed, type SeenDelivery } from "./look.ts";
import { Payload } from "./payload.tsx";
import { DeliveryWay, titleOf } from "./way.tsx";

export interface DeliveryPageProps {
  readonly viewer: Viewer;
  readonly tenant: Tenant;
  readonly delivery: SeenDelivery;
  /** What came of asking for a replay; null where nobody did. */
  readonly replay: "asked" | "no-payload" | null;
  /** Where its way is told on from; null where it has come to its end. */
  readonly stream: string | null;
  readonly now: number;
}

export function DeliveryView({ viewer, tenant, delivery, replay, stream, now }: DeliveryPageProps) {
  const path = pathOf(tenant.id, "deliveries");
  const title = titleOf(delivery);
  return (
    <Layout viewer={viewer} title={title.slice(0, 80)} tenant={tenant} section="deliveries" {...(stream !== null && { stream })}>
      <p class="small">
        <a href={path}>All deliveries</a>
      </p>
      <div class="head">
        <div>
          <h1>
            <Foreign text={title} max={120} />
          </h1>
          {delivery.providerEventId !== null && (
            <p>
              <a class="mono small" href={linkTo(path, { event: delivery.providerEventId })} title="All deliveries of this event">
                <Foreign text={delivery.providerEventId} max={255} />
              </a>
            </p>
          )}
        </div>
        {(canBeReplayed(delivery) || stream !== null) && <Replay viewer={viewer} tenant={tenant} delivery={delivery} />}
      </div>
      {replay === "asked" && <Notice tone="good">It was put back on its queue. What comes of it appears below.</Notice>}
      {replay === "no-payload" && (
        <Notice tone="bad">It can't be replayed: what it carried is no longer stored. The provider can send it again from its own dashboard.</Notice>
      )}
      <div class="sheet">
        <section class="card" aria-labelledby="way">
          <div class="between">
            <h2 id="way">Its way</h2>
            {stream !== null && <LiveState />}
          </div>
          <div class="stack" data-live="way">
            <DeliveryWay tenant={tenant} delivery={delivery} now={now} />
          </div>
        </section>
        <section class="stack" aria-labelledby="payload">
          <h2 id="payload">Payload</h2>
          <div class="stack" data-live="payload">
            <Payload delivery={delivery} />
          </div>
        </section>
      </div>
    </Layout>
  );
}

/** The button stands in a part that is kept fresh; the form with its token can't. */
function Replay({ viewer, tenant, delivery }: Pick<DeliveryPageProps, "viewer" | "tenant" | "delivery">) {
  return (
    <form method="post" action={`${pathOf(tenant.id, "deliveries")}/${delivery.id}/replay`}>
      <Csrf viewer={viewer} />
      <div data-live="replay">
        <ReplayButton delivery={delivery} />
      </div>
    </form>
  );
}

/** What has a delivery processed again, where what it carried is still stored. */
export function ReplayButton({ delivery }: Pick<DeliveryPageProps, "delivery">) {
  if (!canBeReplayed(delivery)) return null;
  return (
    <button data-kind={delivery.outcome === "failed" ? "primary" : undefined} title="Process it again. What was recorded is not recorded twice.">
      Replay
    </button>
  );
}

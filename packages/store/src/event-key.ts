/** What names the event of a delivery. */
interface EventNames {
  readonly providerEventId: string;
  readonly deliveryId: string;
  /** False where the provider event id says nothing: each delivery counts as an event of its own. */
  readonly dedupe: boolean;
}

/** The key under which an event is recorded, or remembered as erased, once for its tenant and provider. */
export function eventKeyOf({ providerEventId, deliveryId, dedupe }: EventNames): string {
  return dedupe ? providerEventId : `${providerEventId}#${deliveryId}`;
}

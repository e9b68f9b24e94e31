export {
  backfillApiKey,
  cancelBackfill,
  finishBackfill,
  latestBackfill,
  loadActiveBackfills,
  loadBackfill,
  noteBackfillWaits,
  saveBackfillProgress,
  startBackfill,
} from "./backfills.ts";
export type { Backfill, BackfillProgress, BackfillStart, BackfillWork } from "./backfills.ts";
export type { ContactFilter } from "./contact-search.ts";
export { contactNames, findContact, listContacts, loadContactIdentities } from "./contacts.ts";
export type { Contact } from "./contacts.ts";
export { deliveryBefore, deliveryCursor, findDelivery, listDeliveries } from "./deliveries.ts";
export type { Delivery, DeliveryDetail, DeliveryFilter } from "./deliveries.ts";
export { eraseContact } from "./erase.ts";
export type { FailedDelivery, Named, NamesIn } from "./erase-failed.ts";
export { eventKeyOf } from "./event-key.ts";
export { cursorToEvent, findEvent, listEvents } from "./events.ts";
export type { EventFilter, EventPage, RecordedEvent } from "./events.ts";
export { readHealth } from "./health.ts";
export type { ConnectorHealth, OutcomeCounts } from "./health.ts";
export { joinIdentityKey, splitIdentityKey } from "./identity-key.ts";
export {
  DEFAULT_OVERLAP_HOURS,
  listIntegrations,
  MAX_OVERLAP_HOURS,
  OVERLAP_RULE,
  removeIntegration,
  saveIntegration,
} from "./integrations.ts";
export type { Integration, IntegrationChange, SecretHint } from "./integrations.ts";
export { InvalidInput } from "./invalid-input.ts";
export type { InputIssue } from "./invalid-input.ts";
export { saveJoblessDeliveries } from "./jobless-deliveries.ts";
export type { JoblessDelivery } from "./jobless-deliveries.ts";
export { readKeyring } from "./keyring.ts";
export type { Keyring } from "./keyring.ts";
export { migrate } from "./migrate.ts";
export { openStore } from "./open-store.ts";
export type { Store, StoreOptions } from "./open-store.ts";
export { DEFAULT_PAGE, MAX_PAGE } from "./page.ts";
export type { Page, PageRequest } from "./page.ts";
export * from "./record/index.ts";
export { countUnopenable, resealSecrets } from "./reseal.ts";
export { sweepOld } from "./retention.ts";
export type { RetentionPolicy, Swept } from "./retention.ts";
export { accountSubject } from "./roles.ts";
export { CannotOpen } from "./seal.ts";
export { loadSecrets, loadSecretsOfAll, usableSecrets } from "./secrets.ts";
export type { OpenedSecret, SealedSecret, TenantSecrets, UsableSecrets } from "./secrets.ts";
export { createTenant, findTenant, listTenants, rotateToken, TENANT_ID, tenantOfToken } from "./tenants.ts";
export type { Created, Tenant } from "./tenants.ts";
export { troubledIntegrations } from "./troubled-integrations.ts";
export type { TroubledIntegration, TroubledIntegrations } from "./troubled-integrations.ts";

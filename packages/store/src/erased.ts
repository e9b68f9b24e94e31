/** An identity that went with its contact. */
export interface ErasedIdentity {
  readonly space: string;
  readonly externalId: string;
  readonly provider: string;
  /** An address that nobody verified: it identified nobody. */
  readonly isUnverified: boolean;
}

export interface ErasedEvent {
  readonly id: string;
  readonly provider: string;
  readonly providerEventId: string;
  readonly eventKey: string;
  readonly subject: string | null;
  readonly signup: boolean;
}

/** A delivery that stays listed, and says nothing any more. */
export interface ErasedDelivery {
  readonly id: string;
  readonly provider: string;
  readonly providerEventId: string | null;
  readonly dedupe: boolean;
}

import type { Connector, Delivery, Identified, Sample, SigningSecret } from "../src/connector.ts";
import { judge } from "../src/verdict.ts";

/** When everything in these tests happens. */
export const AT = Date.UTC(2026, 10, 2, 12);

type Signable = Pick<Sample, "id" | "body">;

/** A connector with a secret of ours, one of somebody else's, and deliveries that are signed with ours. */
export class Signed {
  readonly secret: SigningSecret;
  readonly other: SigningSecret;
  readonly #connector: Connector;

  constructor(connector: Connector) {
    this.#connector = connector;
    this.secret = { id: "ours", value: connector.makeSecret(Buffer.alloc(32, "ours")) };
    this.other = { id: "theirs", value: connector.makeSecret(Buffer.alloc(32, "theirs")) };
  }

  delivery({ id, body }: Signable): Delivery {
    return { headers: this.#connector.sign({ id, body }, this.secret.value, AT), body: Buffer.from(body) };
  }

  /** The way of a signed body through `verify` and `identify`. */
  identify(sample: Signable): Identified {
    const verdict = this.#connector.verify(this.delivery(sample), [this.secret], AT);
    if (!verdict.ok) throw new Error(`the signature was refused: ${verdict.reason}`);
    return this.#connector.identify(verdict.delivery, AT);
  }

  /** What is made of bytes that have their right signature. No connector signs any but text, so nobody looks at this one. */
  identifyBytes(id: string, body: Buffer): Identified {
    const { headers } = this.delivery({ id, body: body.toString() });
    const verdict = judge({ headers, body }, { at: AT / 1000, isBy: () => true }, [this.secret], AT);
    if (!verdict.ok) throw new Error(`the signature was refused: ${verdict.reason}`);
    return this.#connector.identify(verdict.delivery, AT);
  }

  /** The same as `identify`, of a body that holds an event. */
  event(sample: Signable): Extract<Identified, { ok: true }> {
    const identified = this.identify(sample);
    if (!identified.ok) throw new Error("the event was refused");
    return identified;
  }
}

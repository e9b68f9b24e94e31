import { openGate, type Gate } from "../../../test/support/gate.ts";

/** A way to a server that can be cut and mended, on 127.0.0.1. */
export interface CuttableWay extends Pick<Gate, "cut" | "cutAfter" | "close"> {
  readonly port: number;
  mend(): void;
}

/** A gate for those who know a server by its host and port. */
export async function cuttableWay(target: { host: string; port: number }): Promise<CuttableWay> {
  const { url, cut, cutAfter, open, close } = await openGate(`tcp://${target.host}:${target.port}`);
  return { port: Number(new URL(url).port), cut, cutAfter, mend: open, close };
}

import type { Sample, SampleOptions } from "../../connector.ts";
export const samples: Record<string, (o: SampleOptions) => Sample> = {};

import { describe, expect, it } from "@jest/globals";
import { freshRedis } from "../../test/support/services.ts";
import { Problem } from "../problem.ts";
import { untilRedisAnswers } from "./reach-redis.ts";

describe("a Redis that is not our own", () => {
  it("is used where it answers", async () => {
    const redis = await freshRedis();
    await expect(untilRedisAnswers(redis.url)).resolves.toBeUndefined();
    await redis.stop();
  });

  it("is named where it does not, with what is in the way and without its password", async () => {
    const refused = await untilRedisAnswers("redis://:secret@127.0.0.1:9", 300).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect(String(refused)).toMatch(/REDIS_URL: .*ECONNREFUSED/);
    expect(String(refused)).not.toContain("secret");
  });
});

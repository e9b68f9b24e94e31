import { describe, expect, it } from "@jest/globals";
import { networkOf } from "./attempts.ts";

describe("who is counted as one", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["192.0.2.7:50123", "192.0.2.7"],
    ["[2001:db8:1:2::6]:50123", "2001:db8:1:2::/64"],
    ["[::ffff:192.0.2.7]:50123", "192.0.2.7"],
    ["192.0.2.7, as somebody says", "unknown"],
    [undefined, "unknown"],
  ])("%s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

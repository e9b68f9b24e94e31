let last = Date.now() - 60_000;

/** A time of receipt of its own, epoch milliseconds: deliveries of one millisecond have no order among themselves. */
export function nextReceipt(): number {
  last += 1;
  return last;
}

/** Whether the page is kept fresh at the moment. Script writes what it is. */
export function LiveState() {
  return (
    <span class="live-state" data-stream-state="away" data-needs-script>
      Connecting
    </span>
  );
}

/** Stops a list that moves, and sets it going again: nobody has to read one that does. `href` is the other way of showing it. */
export function LiveSwitch({ isLive, href }: { isLive: boolean; href: string }) {
  return (
    <>
      {isLive && <LiveState />}
      <a class="button" data-kind="quiet" data-needs-script href={href}>
        {isLive ? "Pause" : "Go live"}
      </a>
    </>
  );
}

/** Whether the page is kept fresh at the moment. Script writes what it is. */
export function LiveState() {
  return (
    <span class="live-state" data-stream-state="away" data-needs-script>
      Connecting
    </span>
  );
}

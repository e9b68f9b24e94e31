/** Whoever reads what is written (`| head`) may have read enough: the process ends then, and well. */
export function endWithItsReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}

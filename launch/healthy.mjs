// The images' health check: `node launch/healthy.mjs INGEST_PORT 3000` ends with 0 where the process of that port is up.
const [variable = "", fallback] = process.argv.slice(2);
const answer = await fetch(`http://127.0.0.1:${process.env[variable] || fallback}/healthz`).catch(() => null);
process.exit(answer?.ok ? 0 : 1);

# One image for each process: docker build --target ingest|worker|console|migrate .

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/connectors/package.json packages/connectors/
COPY packages/fast-sha256/package.json packages/fast-sha256/
COPY packages/identity/package.json packages/identity/
COPY packages/queue/package.json packages/queue/
COPY packages/runtime/package.json packages/runtime/
COPY packages/store/package.json packages/store/
COPY apps/ingest/package.json apps/ingest/
COPY apps/worker/package.json apps/worker/
COPY apps/console/package.json apps/console/
RUN npm ci --no-audit --no-fund
COPY . .
RUN node launch/generate.mjs && npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:20-bookworm-slim AS runtime
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=build --chown=root:root /app /app
USER node
# SIGTERM drains: give it as long as the processes take at most.
STOPSIGNAL SIGTERM

FROM runtime AS migrate
CMD ["node", "launch/migrate.mjs"]

FROM runtime AS ingest
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "launch/healthy.mjs", "INGEST_PORT", "3000"]
CMD ["node", "--enable-source-maps", "--max-semi-space-size=32", "apps/ingest/dist/main.js"]

FROM runtime AS worker
EXPOSE 3002
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "launch/healthy.mjs", "WORKER_PORT", "3002"]
CMD ["node", "--enable-source-maps", "--max-semi-space-size=32", "apps/worker/dist/main.js"]

FROM runtime AS console
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "launch/healthy.mjs", "CONSOLE_PORT", "3001"]
CMD ["node", "--enable-source-maps", "apps/console/dist/main.js"]

# One image, every program of ours: docker-compose.yml says which runs where.
#
# Debian, not Alpine: Temporal's worker is a native library that is built for glibc only. Another
# Node: raise the tag in both places (a full version, never `latest`).

FROM node:22.23.3-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package may run a script of its own, here as everywhere.
RUN npm ci --ignore-scripts --include=dev --no-audit --no-fund
COPY . .
# The same build as `npm start` and `npm test`: Prisma's client (nothing is downloaded), tsc, and
# the bundle of the workflows.
RUN node dev/build.mjs
# Out with what only building and testing need (the optional packages belong to Prisma's command and
# to the bundler), and with Temporal's libraries for other platforms: 288 MB are left of 819.
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
 && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
      ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM node:22.23.3-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production \
    WORKFLOW_BUNDLE=/app/dist/workflow-bundle.js
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/prisma ./prisma
COPY --from=build /app/agents ./agents
COPY --from=build /app/activities/models/prices.yaml ./activities/models/
COPY --from=build /app/dist/console/public ./dist/console/public
COPY --from=build /app/dist/workflow-bundle.js ./dist/
COPY --from=build /app/dist/contracts ./dist/contracts
COPY --from=build /app/dist/runtime ./dist/runtime
COPY --from=build /app/dist/policy ./dist/policy
COPY --from=build /app/dist/workflows ./dist/workflows
COPY --from=build /app/dist/store ./dist/store
COPY --from=build /app/dist/activities ./dist/activities
COPY --from=build /app/dist/server ./dist/server
COPY --from=build /app/dist/worker ./dist/worker
# Where volumes with keys go: an empty one takes over whose it is. Only the step signing-key writes.
RUN install --directory --owner=node --group=node --mode=700 /keys/private \
 && install --directory --owner=node --group=node --mode=755 /keys/trusted
# Owned by root and written by nobody: the programs only read it.
USER node
EXPOSE 3000
# The programs handle SIGTERM themselves. As pid 1 they would also have to take in orphans: run
# them with an init (`init: true`, `docker run --init`).
CMD ["node", "dist/server/main.js"]

-- Unlogged: no WAL for text that passes. A crash of Postgres empties both tables, and then readers
-- see the committed turns alone, which is what they end with anyway.
CREATE UNLOGGED TABLE "open_attempt" (
    "tenant_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "turn" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "engine_attempt" INTEGER NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "open_attempt_pkey" PRIMARY KEY ("tenant_id","run_id")
) WITH (fillfactor = 50); -- it is updated in place with every batch

CREATE UNLOGGED TABLE "delta" (
    "tenant_id" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "turn" INTEGER NOT NULL,
    "attempt" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "delta_pkey" PRIMARY KEY ("tenant_id","run_id","turn","attempt","seq")
);

GRANT SELECT, INSERT, UPDATE, DELETE ON "open_attempt", "delta" TO belay_runtime;
